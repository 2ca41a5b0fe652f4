import type { Comment, Member, Task } from "@poo/engine";
import { SendHorizontal, Trash2 } from "lucide-react";
import { lazy, Suspense } from "react";
import { ago } from "../lib/dates.ts";
import { engine, run, runUndoable, useLive } from "../state/engine.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { useKept } from "../ui/useKept.ts";

const Markdown = lazy(() => import("../ui/Markdown.tsx"));

export function Comments({
  task,
  members,
  readOnly,
}: {
  task: Task;
  members: readonly Member[];
  readOnly: boolean;
}) {
  const comments = useLive({ type: "comments", list: task.list, task: task.id });
  const [text, setText] = useKept(`comment/${task.id}`);
  const send = async () => {
    const said = text.trim();
    if (!said) return;
    setText("");
    if (!(await run({ type: "add_comment", list: task.list, task: task.id, text: said }))) setText(said);
  };
  return (
    <section className="details-part">
      <h3>Comments</h3>
      <ul className="comments">
        {(comments?.items ?? []).map((comment) => (
          <Said key={comment.id} comment={comment} task={task} members={members} readOnly={readOnly} />
        ))}
      </ul>
      {!readOnly && (
        <form
          className="comment-form"
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <textarea
            rows={1}
            value={text}
            placeholder="Say something"
            aria-label="Comment"
            maxLength={10_000}
            onChange={(event) => setText(event.target.value)}
            onFocus={() => engine.show(task.id, true)}
            onBlur={() => engine.show(task.id, false)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || event.shiftKey) return;
              event.preventDefault();
              void send();
            }}
          />
          <button type="submit" className="icon-button" aria-label="Send" disabled={!text.trim()}>
            <SendHorizontal size={18} />
          </button>
        </form>
      )}
    </section>
  );
}

function Said({
  comment,
  task,
  members,
  readOnly,
}: {
  comment: Comment;
  task: Task;
  members: readonly Member[];
  readOnly: boolean;
}) {
  const author = members.find((member) => member.did === comment.author);
  return (
    <li className="comment">
      <Avatar did={comment.author ?? ""} name={comment.authorName} color={author?.color} size={28} />
      <div>
        <p className="comment-head">
          <b>{comment.authorName}</b>
          {comment.createdAt && <small>{ago(comment.createdAt)}</small>}
          {comment.editedAt && <small>edited</small>}
          {author?.me && !readOnly && (
            <button
              type="button"
              className="icon-button small"
              aria-label="Delete this comment"
              onClick={() =>
                void runUndoable(
                  { type: "delete_comment", list: task.list, comment: comment.id },
                  "Comment deleted",
                )
              }
            >
              <Trash2 size={14} />
            </button>
          )}
        </p>
        <Suspense fallback={<p>{comment.text}</p>}>
          <Markdown text={comment.text} />
        </Suspense>
      </div>
    </li>
  );
}
