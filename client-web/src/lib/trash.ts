import type { Activity } from "@poo/engine";

/** What somebody else did with something that its deleter had not seen, or that came later. */
const CHANGES = new Set<Activity["action"]>(["edited", "commented", "completed", "reopened", "assigned"]);

/**
 * Who changed a task when somebody else had put it into the trash, as far as what happened with it
 * tells, the latest first: by the order of changes, and by what their authors' clocks said where
 * neither knew of the other. What they wrote is kept, and comes back with the task.
 */
export function changedSince(rows: readonly Activity[]): string[] {
  const at = rows.findIndex((row) => row.action === "deleted");
  const deleted = rows[at];
  if (!deleted) return [];
  const names = rows
    .filter(
      (row, place) =>
        CHANGES.has(row.action) &&
        row.actor !== deleted.actor &&
        (place < at || Date.parse(row.at) > Date.parse(deleted.at)),
    )
    .map((row) => row.actorName);
  return [...new Set(names)];
}
