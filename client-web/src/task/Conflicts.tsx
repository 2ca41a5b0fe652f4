import type { Command, Task } from "@poo/engine";
import { Split } from "lucide-react";
import { dueInWords } from "../lib/dates.ts";
import { run, useLive } from "../state/engine.ts";

const NAMES: Record<string, string> = {
  title: "title",
  url: "link",
  priority: "priority",
  due: "due date",
  status: "status",
  assignee: "person",
};

/** The fields that can be set to the value that lost. */
function choosing(task: Task, field: string, value: string): Command | null {
  const base = { type: "edit_task" as const, list: task.list, task: task.id };
  switch (field) {
    case "title":
      return { ...base, title: value };
    case "url":
      return { ...base, url: value || null };
    case "due":
      return { ...base, due: value || null };
    case "priority":
      return { ...base, priority: value as Task["priority"] };
    case "status":
      return { ...base, status: value as Task["status"] };
    case "assignee":
      return { ...base, assignee: value || null };
    default:
      return null;
  }
}

/** Where two people set one field at once: what the other one wrote, to pick from. */
export function Conflicts({ task, readOnly }: { task: Task; readOnly: boolean }) {
  const members = useLive({ type: "members", list: task.list });
  if (!task.conflicts?.length) return null;
  return (
    <ul className="conflicts">
      {task.conflicts.map(({ field, value, by }) => {
        const author = members?.items.find((member) => member.did === by);
        const who = author?.me ? "You" : (author?.name ?? "Somebody");
        const command = choosing(task, field, value);
        const shown =
          field === "due" && value
            ? dueInWords(value)
            : field === "assignee"
              ? (members?.items.find((member) => member.did === value)?.name ?? "nobody")
              : value;
        return (
          <li key={field + value} className="conflict">
            <Split size={16} aria-hidden="true" />
            <span>
              {who} set the {NAMES[field] ?? field} to <b>{shown || "nothing"}</b> at the same time.
            </span>
            {command && !readOnly && (
              <button type="button" className="button small" onClick={() => void run(command)}>
                Use that
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
