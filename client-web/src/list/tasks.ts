/** What can be done with tasks from any view. */

import type { Task } from "@poo/engine";
import { useSyncExternalStore } from "react";
import { celebrateWhatIsReached } from "../state/celebrate.ts";
import { run, undo, zone } from "../state/engine.ts";
import { say } from "../state/toasts.ts";

const undoToast = (text: string) => say({ text, action: { label: "Undo", run: () => void undo() } });

/** What was checked or unchecked here this moment, and is on its way to be kept. */
const ticked = new Map<string, boolean>();
const hearers = new Set<() => void>();

async function tick<T>({ id }: Task, done: boolean, work: Promise<T>): Promise<T> {
  const set = (change: () => void) => {
    change();
    for (const changed of hearers) changed();
  };
  set(() => ticked.set(id, done));
  try {
    return await work;
  } finally {
    set(() => ticked.delete(id));
  }
}

function hear(changed: () => void): () => void {
  hearers.add(changed);
  return () => hearers.delete(changed);
}

/** Whether a task is done, as its box shows it: at once. */
export function useTicked(task: Task): boolean {
  const now = useSyncExternalStore(hear, () => ticked.get(task.id));
  return now ?? task.done;
}

/** Checks off, or opens again. */
export async function toggle(task: Task): Promise<void> {
  const { list, id } = task;
  if (task.done) {
    await tick(task, false, run({ type: "reopen_task", list, task: id }));
    return;
  }
  navigator.vibrate?.(12);
  const outcome = await tick(task, true, run({ type: "complete_task", list, task: id, zone }));
  if (!outcome) return;
  undoToast(task.recurrence ? `Done for this time: ${task.title}` : `Done: ${task.title}`);
  void celebrateWhatIsReached([task]);
}

export async function remove(task: Task): Promise<void> {
  if (await run({ type: "delete_task", list: task.list, task: task.id }))
    undoToast(`Moved to Trash: ${task.title}`);
}

/** Does the same with many. Undoing takes all of it back. */
export async function many(tasks: readonly Task[], what: "complete" | "reopen" | "delete"): Promise<void> {
  let count = 0;
  for (const { list, id } of tasks) {
    const outcome =
      what === "delete"
        ? await run({ type: "delete_task", list, task: id })
        : what === "reopen"
          ? await run({ type: "reopen_task", list, task: id })
          : await run({ type: "complete_task", list, task: id, zone });
    if (!outcome) break;
    if (!("changed" in outcome) || outcome.changed) count += 1;
  }
  const words = { complete: "done", reopen: "opened again", delete: "moved to Trash" }[what];
  if (count === 0) return;
  if (what === "complete") void celebrateWhatIsReached(tasks);
  say({
    text: `${count} ${count === 1 ? "task" : "tasks"} ${words}`,
    action: {
      label: "Undo",
      run: async () => {
        for (let done = 0; done < count; done += 1) await undo();
      },
    },
  });
}
