import type { Task } from "@poo/engine";
import { useTicked } from "./tasks.ts";

/** The round box: checking it off should feel good. Its ring tells the priority. */
export function Check({ task, disabled, onToggle }: { task: Task; disabled: boolean; onToggle: () => void }) {
  const done = useTicked(task);
  return (
    <span className={`check priority-${task.priority}`}>
      <input
        type="checkbox"
        checked={done}
        disabled={disabled}
        aria-label={`${done ? "Reopen" : "Complete"} ${task.title}${
          task.priority === "none" ? "" : `, ${task.priority} priority`
        }`}
        onChange={onToggle}
      />
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M6.5 12.5l3.6 3.6 7.4-8" />
      </svg>
    </span>
  );
}
