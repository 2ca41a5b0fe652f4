import type { Task } from "@poo/engine";
import { useState } from "react";
import Markdown from "../ui/Markdown.tsx";
import { first, Modal } from "../ui/Modal.tsx";
import type { useDraft } from "../ui/useDraft.ts";
import { NotesArea } from "./NotesArea.tsx";

const SIDES = [
  ["write", "Write"],
  ["read", "Read"],
] as const;

/** Room for long notes: how they are written, and beside it how they look. A phone shows one of the two. */
export default function NotesPage({
  task,
  draft,
  readOnly,
  onClose,
}: {
  task: Task;
  draft: ReturnType<typeof useDraft>;
  readOnly: boolean;
  onClose: () => void;
}) {
  const [side, setSide] = useState<"write" | "read">(readOnly ? "read" : "write");
  return (
    <Modal title={task.title} size="page" onClose={onClose}>
      {!readOnly && (
        <div className="segments notes-sides" role="radiogroup" aria-label="What is shown">
          {SIDES.map(([value, text]) => (
            <label key={value} className="segment">
              <input type="radio" name="side" checked={side === value} onChange={() => setSide(value)} />
              <span>{text}</span>
            </label>
          ))}
        </div>
      )}
      <div className={readOnly ? "notes-page read-only" : `notes-page ${side}`}>
        {!readOnly && <NotesArea ref={first} task={task} draft={draft} />}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
        <section className="notes-look" aria-label="How it looks" tabIndex={0}>
          {draft.value.trim() ? (
            <Markdown text={draft.value} />
          ) : (
            <p className="hint">What you write looks like this. Try # for a heading and - for a list.</p>
          )}
        </section>
      </div>
    </Modal>
  );
}
