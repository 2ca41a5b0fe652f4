import type { Task } from "@poo/engine";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { Check } from "../list/Check.tsx";
import { toggle } from "../list/tasks.ts";
import { useTasks } from "../list/useTasks.ts";
import { add } from "../state/add.ts";
import { useLive } from "../state/engine.ts";
import { go } from "../state/route.ts";

/** The parts of a task. */
export function Subtasks({ task, readOnly }: { task: Task; readOnly: boolean }) {
  const [text, setText] = useState("");
  // The same question as the list asks, so that both have one answer.
  const list = useLive({ type: "list", list: task.list });
  const all = useTasks(task.list, list?.sort ?? "manual");
  const parts = useMemo(() => (all ?? []).filter((one) => one.parent === task.id), [all, task.id]);
  return (
    <section className="details-part">
      <h3>
        Subtasks
        {task.progress && (
          <small>
            {task.progress.done}/{task.progress.total}
          </small>
        )}
      </h3>
      <ul className="subtasks">
        {parts.map((part) => (
          <li key={part.id} className={part.done ? "done" : undefined}>
            <Check task={part} disabled={readOnly} onToggle={() => void toggle(part)} />
            <button
              type="button"
              className="row-title"
              onClick={() => go({ at: "list", list: part.list, task: part.id })}
            >
              {part.title}
            </button>
          </li>
        ))}
      </ul>
      {!readOnly && (
        <form
          className="sub-add"
          onSubmit={(event) => {
            event.preventDefault();
            if (!text.trim()) return;
            void add({ list: task.list, text: text.trim(), parent: task.id });
            setText("");
          }}
        >
          <Plus size={16} aria-hidden="true" />
          <input
            className="quiet-input"
            value={text}
            placeholder="Add a subtask"
            aria-label="Add a subtask"
            maxLength={500}
            onChange={(event) => setText(event.target.value)}
          />
        </form>
      )}
    </section>
  );
}
