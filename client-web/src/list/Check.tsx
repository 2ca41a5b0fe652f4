import type { Task } from "@poo/engine";

/** The round box: checking it off should feel good. Its ring tells the priority. */
export function Check({ task, disabled, onToggle }: { task: Task; disabled: boolean; onToggle: () => void }) {
  return (
    <span className={`check priority-${task.priority}`}>
      <input
        type="checkbox"
        checked={task.done}
        disabled={disabled}
        aria-label={`${task.done ? "Reopen" : "Complete"} ${task.title}${
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
