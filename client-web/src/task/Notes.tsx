import type { Task } from "@poo/engine";
import { Maximize2, Pencil } from "lucide-react";
import { lazy, Suspense, useCallback, useState } from "react";
import { run } from "../state/engine.ts";
import { useDraft } from "../ui/useDraft.ts";
import { NotesArea } from "./NotesArea.tsx";

const Markdown = lazy(() => import("../ui/Markdown.tsx"));
const NotesPage = lazy(() => import("./NotesPage.tsx"));

const focus = (area: HTMLTextAreaElement | null) => area?.focus();

/** Notes in Markdown. They are read as they look, and written as they are; long ones on a page of their own. */
export function Notes({ task, readOnly }: { task: Task; readOnly: boolean }) {
  const [writing, setWriting] = useState(false);
  const [large, setLarge] = useState(false);
  const close = useCallback(() => setLarge(false), []);
  const draft = useDraft(task.notes, (notes) =>
    run({ type: "edit_task", list: task.list, task: task.id, notes }),
  );
  if (readOnly && !task.notes) return null;
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
        <button
          type="button"
          className="icon-button small"
          aria-label="Open on a large page"
          title="On a large page"
          onClick={() => setLarge(true)}
        >
          <Maximize2 size={15} />
        </button>
      </h3>
      {!readOnly && (writing || !task.notes) ? (
        <NotesArea
          // Who asked to write begins at once.
          ref={writing ? focus : null}
          task={task}
          draft={draft}
          onFocus={() => setWriting(true)}
          onBlur={() => setWriting(false)}
        />
      ) : (
        <Suspense fallback={<p className="markdown">{task.notes}</p>}>
          <Markdown text={task.notes} />
        </Suspense>
      )}
      <Suspense>
        {large && <NotesPage task={task} draft={draft} readOnly={readOnly} onClose={close} />}
      </Suspense>
    </section>
  );
}
