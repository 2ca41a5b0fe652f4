/** Which tasks to show: what a person picked, as it stands in the address and as the engine takes it. */

import type { Priority, Task, TaskFilter } from "@poo/engine";
import { addDays, today } from "./dates.ts";

export const STATUSES: readonly (readonly [Task["status"], string])[] = [
  ["open", "To do"],
  ["in_progress", "In progress"],
  ["blocked", "Blocked"],
  ["done", "Done"],
];
export const PRIORITIES: readonly (readonly [Priority, string])[] = [
  ["high", "High"],
  ["medium", "Medium"],
  ["low", "Low"],
  ["none", "None"],
];
export type DueRange = "overdue" | "today" | "week" | "month" | "range";
export const DUES: readonly (readonly [DueRange, string])[] = [
  ["overdue", "Overdue"],
  ["today", "Today"],
  ["week", "Next 7 days"],
  ["month", "Next 30 days"],
  ["range", "From, to…"],
];

export interface Filter {
  text?: string;
  status?: Task["status"];
  priority?: Priority;
  /** For whom. */
  who?: string;
  tag?: string;
  due?: DueRange;
  /** The days of a range. */
  from?: string;
  to?: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What an address says; what it says wrong is left out. */
export function parseFilter(text: string): Filter | undefined {
  const said = new URLSearchParams(text);
  const one = <T extends string>(name: string, of: readonly (readonly [T, string])[]) =>
    of.find(([value]) => value === said.get(name))?.[0];
  const date = (name: string) => (DAY.test(said.get(name) ?? "") ? said.get(name) : null) || undefined;
  return tidy({
    text: said.get("text") || undefined,
    status: one("status", STATUSES),
    priority: one("priority", PRIORITIES),
    who: said.get("who") || undefined,
    tag: said.get("tag") || undefined,
    due: one("due", DUES),
    from: date("from"),
    to: date("to"),
  });
}

export function filterInAddress(filter: Filter | undefined): string {
  return new URLSearchParams({ ...filter }).toString();
}

/** Without what is not said; nothing where nothing is. */
export function tidy(filter: { [Key in keyof Filter]: Filter[Key] | undefined }): Filter | undefined {
  const { from, to, ...rest } = filter;
  const all = filter.due === "range" ? filter : rest;
  const said = Object.entries(all).filter(([, value]) => value);
  return said.length > 0 ? (Object.fromEntries(said) as Filter) : undefined;
}

/** As the engine takes it, for the reader's day. */
export function forEngine(filter: Filter, now = today()): TaskFilter {
  const { text, status, priority, who, tag, due, from, to } = filter;
  const [first, last] = {
    overdue: [undefined, now],
    today: [now, now],
    week: [now, addDays(now, 6)],
    month: [now, addDays(now, 29)],
    range: [from, to],
    any: [undefined, undefined],
  }[due ?? "any"];
  return {
    ...(text && { text }),
    ...(status && { status }),
    ...(priority && { priority }),
    ...(who && { assignee: who }),
    ...(tag && { tag }),
    ...(first && { dueFrom: first }),
    ...(last && { dueTo: last }),
  };
}

/** What the engine's filter leaves in and this one does not: a time of today can be past already. */
export function fits(filter: Filter, task: Task): boolean {
  return filter.due !== "overdue" || (task.overdue && !task.done);
}
