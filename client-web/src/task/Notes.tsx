import type { Task } from "@poo/engine";
import { Pencil } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { engine, run } from "../state/engine.ts";
import { useDraft } from "../ui/useDraft.ts";

const Markdown = lazy(() => import("../ui/Markdown.tsx"));

/** Notes in Markdown. They are read as they look, and written as they are. */
export function Notes({ task, readOnly }: { task: Task; readOnly: boolean }) {
  const [writing, setWriting] = useState(false);
  const draft = useDraft(
    task.notes,
    (notes) => void run({ type: "edit_task", list: task.list, task: task.id, notes }),
  );
  return (
    <section className="details-part">
      <h3>
        Notes
        {!writing && !readOnly && task.notes && (
          <button
            type="button"
            className="icon-button small"
            aria-label="Edit notes"
            onClick={() => setWriting(true)}
          >
            <Pencil size={15} />
          </button>
        )}
      </h3>
      {writing || (!task.notes && !readOnly) ? (
        <textarea
          className="notes-area"
          aria-label="Notes"
          placeholder="Notes, links, ideas… Markdown works."
          maxLength={50_000}
          // biome-ignore lint/a11y/noAutofocus: it was just asked for
          autoFocus={writing}
          {...draft.props}
          onFocus={() => {
            setWriting(true);
            engine.show(task.id, true);
          }}
          onBlur={() => {
            draft.props.onBlur();
            engine.show(task.id, false);
            setWriting(false);
          }}
        />
      ) : (
        task.notes && (
          <Suspense fallback={<p className="markdown">{task.notes}</p>}>
            <Markdown text={task.notes} />
          </Suspense>
        )
      )}
    </section>
  );
}
