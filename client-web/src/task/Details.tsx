import type { Member, Task } from "@poo/engine";
import { Copy, MoreHorizontal, Trash2, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { Check } from "../list/Check.tsx";
import { remove, toggle } from "../list/tasks.ts";
import { engine, run, useAnswer, useLive } from "../state/engine.ts";
import { go, usePlace } from "../state/route.ts";
import { say } from "../state/toasts.ts";
import { Menu, MenuItem } from "../ui/Menu.tsx";
import { useDraft } from "../ui/useDraft.ts";
import { Comments } from "./Comments.tsx";
import { Conflicts } from "./Conflicts.tsx";
import { Fields } from "./Fields.tsx";
import { Files } from "./Files.tsx";
import { Notes } from "./Notes.tsx";
import { Subtasks } from "./Subtasks.tsx";
import { TaskActivity } from "./TaskActivity.tsx";

/** All of one task. Each field is saved by itself, as it is typed; there is nothing to press. */
export function Details({ list, id }: { list: string; id: string }) {
  const { data: task, error } = useAnswer({ type: "task", list, task: id });
  const info = useLive({ type: "list", list });
  const members = useLive({ type: "members", list });
  const panel = useRef<HTMLElement>(null);
  const place = usePlace();
  const close = () => go({ at: "list", list, filter: place.at === "list" ? place.filter : undefined });
  const readOnly = info ? info.role === null || info.role === "viewer" : false;

  useEffect(() => {
    engine.show(id, false);
    return () => engine.show(null, false);
  }, [id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another task is another panel
  useEffect(() => {
    panel.current?.focus({ preventScroll: true });
    panel.current?.scrollTo(0, 0);
  }, [id]);

  return (
    <aside
      ref={panel}
      className="details"
      aria-label={task ? `Task ${task.title}` : "Task"}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        event.stopPropagation();
        close();
        requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-row="${id}"]`)?.focus());
      }}
    >
      <div className="details-bar">
        <button type="button" className="icon-button" aria-label="Close" onClick={close}>
          <X size={20} />
        </button>
        <span className="details-list">{info?.title}</span>
        {task && !readOnly && (
          <Menu trigger={<MoreHorizontal size={20} />} label="More about this task">
            <MenuItem
              icon={<Copy size={16} />}
              onSelect={async () => {
                await navigator.clipboard.writeText(task.title);
                say({ text: "Copied" });
              }}
            >
              Copy title
            </MenuItem>
            {task.recurrence && (
              <MenuItem onSelect={() => void run({ type: "skip_task", list, task: id })}>
                Skip this time
              </MenuItem>
            )}
            <MenuItem
              danger
              icon={<Trash2 size={16} />}
              onSelect={() => {
                close();
                void remove(task);
              }}
            >
              Delete
            </MenuItem>
          </Menu>
        )}
      </div>
      {error && <p className="empty">This task is not here any more.</p>}
      {task?.deletedAt && (
        <div className="notice">
          <span>This task is in the Trash.</span>
          <button
            type="button"
            className="button"
            onClick={() => void run({ type: "restore_task", list, task: id })}
          >
            Restore
          </button>
        </div>
      )}
      {task && (
        <Body
          key={id}
          task={task}
          members={members?.items ?? []}
          readOnly={readOnly}
          aisles={info?.view === "aisles"}
        />
      )}
    </aside>
  );
}

function Body({
  task,
  members,
  readOnly,
  aisles,
}: {
  task: Task;
  members: readonly Member[];
  readOnly: boolean;
  aisles: boolean;
}) {
  const { list, id } = task;
  const title = useDraft(task.title, (value) => {
    const line = value.replace(/\s+/g, " ").trim();
    return line ? run({ type: "edit_task", list, task: id, title: line }) : null;
  });
  return (
    <div className="details-body">
      <div className="details-title">
        <Check task={task} disabled={readOnly} onToggle={() => void toggle(task)} />
        <textarea
          className={task.done ? "title-area done" : "title-area"}
          aria-label="Title"
          rows={1}
          maxLength={500}
          readOnly={readOnly}
          {...title.props}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              event.preventDefault();
              event.currentTarget.blur();
            }
          }}
        />
      </div>
      <Conflicts task={task} readOnly={readOnly} />
      <Fields task={task} members={members} readOnly={readOnly} aisles={aisles} />
      <Subtasks task={task} readOnly={readOnly} />
      <Notes task={task} readOnly={readOnly} />
      <Files task={task} readOnly={readOnly} />
      <Comments task={task} members={members} readOnly={readOnly} />
      <TaskActivity task={task} />
    </div>
  );
}
