import type { Task } from "@poo/engine";
import { Check, RotateCcw, Trash2 } from "lucide-react";
import { many } from "./tasks.ts";

/** What to do with the tasks that are selected. */
export function BatchBar({ tasks, onDone }: { tasks: readonly Task[]; onDone: () => void }) {
  const all = (what: "complete" | "reopen" | "delete") => {
    void many(tasks, what);
    onDone();
  };
  const none = tasks.length === 0;
  return (
    <div className="batch-bar" role="toolbar" aria-label="Selected tasks">
      <span className="batch-count">{tasks.length} selected</span>
      <button type="button" className="button" disabled={none} onClick={() => all("complete")}>
        <Check size={16} /> Done
      </button>
      <button type="button" className="button" disabled={none} onClick={() => all("reopen")}>
        <RotateCcw size={16} /> Reopen
      </button>
      <button type="button" className="button danger" disabled={none} onClick={() => all("delete")}>
        <Trash2 size={16} /> Delete
      </button>
      <button type="button" className="button quiet" onClick={onDone}>
        Cancel
      </button>
    </div>
  );
}
