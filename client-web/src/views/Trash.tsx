import type { Task } from "@poo/engine";
import { RotateCcw } from "lucide-react";
import { ago } from "../lib/dates.ts";
import { run, useLive } from "../state/engine.ts";
import { ViewHead } from "./ViewHead.tsx";

/** What was deleted in the last 30 days, and what else is no list of one's own any more. */
export default function Trash() {
  const tasks = useLive({ type: "tasks", deleted: true, limit: 1_000 });
  const all = useLive({ type: "lists", all: true });
  const me = useLive({ type: "whoami" });
  const deleted = (all?.items ?? []).filter((list) => list.deletedAt);
  const lists = new Map((all?.items ?? []).map((list) => [list.id, list]));
  const items = tasks?.items ?? [];
  return (
    <div className="view">
      <ViewHead title="Trash" />
      <main className="scroll" id="main">
        {tasks && items.length === 0 && deleted.length === 0 && (
          <div className="empty">
            <p className="empty-title">Trash is empty</p>
            <p>What you delete stays here for 30 days.</p>
          </div>
        )}
        <ul className="plain trash">
          {deleted.map((list) => (
            <li key={list.id} className="row">
              <span className="row-text">
                <span>{list.title}</span>
                <span className="row-meta">List, deleted {list.deletedAt && ago(list.deletedAt)}</span>
              </span>
              {list.role === "owner" && (
                <button
                  type="button"
                  className="button small"
                  onClick={() => void run({ type: "restore_list", list: list.id })}
                >
                  <RotateCcw size={15} /> Restore
                </button>
              )}
            </li>
          ))}
          {items.map((task) => (
            <Deleted
              key={task.list + task.id}
              task={task}
              listTitle={lists.get(task.list)?.title}
              since={(task.changedSince ?? []).map(({ did, name }) => (did === me?.did ? "You" : name))}
            />
          ))}
        </ul>
      </main>
    </div>
  );
}

function Deleted({
  task,
  listTitle,
  since,
}: {
  task: Task;
  listTitle: string | undefined;
  /** Who changed it although it was deleted. */
  since: string[];
}) {
  const { list, id } = task;
  return (
    <li className="row">
      <span className="row-text">
        <span>{task.title}</span>
        <span className="row-meta">
          {listTitle}
          {task.deletedAt && `, deleted ${ago(task.deletedAt)}`}
        </span>
        {since.length > 0 && (
          <span className="row-meta kept">{since.join(", ")} changed it since: that is kept</span>
        )}
      </span>
      <button
        type="button"
        className="button small"
        onClick={() => void run({ type: "restore_task", list, task: id })}
      >
        <RotateCcw size={15} /> Restore
      </button>
    </li>
  );
}
