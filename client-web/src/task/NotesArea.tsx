import type { Task } from "@poo/engine";
import type { Ref } from "react";
import { enter } from "../lib/writing.ts";
import { engine } from "../state/engine.ts";
import type { useDraft } from "../ui/useDraft.ts";

/** Where notes are written. The others in the list see that somebody does. */
export function NotesArea({
  task,
  draft,
  ref,
  onFocus,
  onBlur,
}: {
  task: Task;
  draft: ReturnType<typeof useDraft>;
  ref?: Ref<HTMLTextAreaElement>;
  onFocus?: () => void;
  onBlur?: () => void;
}) {
  return (
    <textarea
      ref={ref}
      className="notes-area"
      aria-label="Notes"
      placeholder="Notes, links, ideas… Markdown works."
      maxLength={50_000}
      {...draft.props}
      onFocus={() => {
        engine.show(task.id, true);
        onFocus?.();
      }}
      onBlur={() => {
        draft.props.onBlur();
        engine.show(task.id, false);
        onBlur?.();
      }}
      onKeyDown={(event) => {
        const area = event.currentTarget;
        if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
        if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
        if (area.selectionStart !== area.selectionEnd) return;
        const change = enter(area.value, area.selectionStart);
        if (!change) return;
        event.preventDefault();
        area.setSelectionRange(change.from, change.to);
        // As if it was typed: only so can the browser take it back with all else that was.
        if (change.text) document.execCommand("insertText", false, change.text);
        else document.execCommand("delete");
      }}
    />
  );
}
