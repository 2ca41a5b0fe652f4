import type { Stand, Task } from "@poo/engine";

/** A task as it is shown: how deep, and whether its parts are shown. */
export interface Row {
  task: Task;
  depth: number;
  parts: number;
  open: boolean;
}

/** Whether a row says more than the title of its task. */
export function hasMeta({ task }: Row): boolean {
  return Boolean(
    task.due ||
      task.recurrence ||
      task.tags.length > 0 ||
      task.progress ||
      task.notes ||
      task.attachments ||
      task.conflicts,
  );
}

/** Rows as they were made last: what is the same row is not drawn again. */
const known = new WeakMap<Task, Row>();

function row(task: Task, parts: number, open: boolean, depth = task.depth): Row {
  const before = known.get(task);
  if (before?.parts === parts && before.open === open && before.depth === depth) return before;
  const made = { task, depth, parts, open };
  known.set(task, made);
  return made;
}

/** What is to do and what is done, top-level tasks with all below them, without what is folded in. */
export function rows(tasks: readonly Task[], folded: ReadonlySet<string>): { open: Row[]; done: Row[] } {
  const parts = new Map<string, number>();
  for (const task of tasks) {
    if (task.parent) parts.set(task.parent, (parts.get(task.parent) ?? 0) + 1);
  }
  const open: Row[] = [];
  const done: Row[] = [];
  let into = open;
  let hiddenBelow: number | null = null;
  for (const task of tasks) {
    if (task.depth === 0) into = task.done ? done : open;
    if (hiddenBelow !== null && task.depth > hiddenBelow) continue;
    hiddenBelow = null;
    const has = parts.get(task.id) ?? 0;
    const isOpen = has > 0 && !folded.has(task.id);
    if (has > 0 && !isOpen) hiddenBelow = task.depth;
    into.push(row(task, has, isOpen));
  }
  return { open, done };
}

/** The same for some of the tasks, whose parents need not be among them: each for itself. */
export function flat(tasks: readonly Task[]): { open: Row[]; done: Row[] } {
  const all = tasks.map((task) => row(task, 0, false, 0));
  return { open: all.filter(({ task }) => !task.done), done: all.filter(({ task }) => task.done) };
}

/** Rows by where they stand in a shop, without the aisles in which nothing is. */
export function byStand(all: readonly Row[], stands: readonly Stand[]): [aisle: string, rows: Row[]][] {
  const groups = stands.map(({ aisle }): [string, Row[]] => [aisle, []]);
  const places = new Map(stands.flatMap(({ tasks }, at) => tasks.map((task) => [task, groups[at]] as const)));
  // The last is for everything else: also for what came this moment.
  for (const row of all) (places.get(row.task.id) ?? groups.at(-1))?.[1].push(row);
  return groups.filter(([, rows]) => rows.length > 0);
}

/** Where a row goes that is dropped on another one, as deep as it was drawn to. */
export interface Drop {
  parent: string | null;
  after: string | null;
  depth: number;
}

/** The place of row `moved` when it stands where `target` stands, at about `wanted` depth. */
export function drop(all: readonly Row[], moved: string, target: string, wanted: number): Drop | null {
  const from = all.findIndex((row) => row.task.id === moved);
  const to = all.findIndex((row) => row.task.id === target);
  const moving = all[from];
  if (!moving || to < 0) return null;
  // It takes its parts with it, and cannot go into them.
  let end = from + 1;
  while ((all[end]?.depth ?? -1) > moving.depth) end += 1;
  if (to > from && to < end) return null;
  const rest = [...all.slice(0, from), ...all.slice(end)];
  const at = to > from ? to - (end - from) + 1 : to;
  const before = rest[at - 1];
  const behind = rest[at];
  const deepest = before ? before.depth + 1 : 0;
  const shallowest = behind ? Math.min(behind.depth, deepest) : 0;
  const depth = Math.max(shallowest, Math.min(deepest, wanted));
  if (!before) return { parent: null, after: null, depth: 0 };
  if (depth > before.depth) return { parent: before.task.id, after: null, depth };
  // The sibling above is the nearest row that is as deep.
  for (let index = at - 1; index >= 0; index -= 1) {
    const row = rest[index];
    if (row && row.depth === depth) return { parent: row.task.parent, after: row.task.id, depth };
    if (row && row.depth < depth) return { parent: row.task.id, after: null, depth };
  }
  return { parent: null, after: null, depth: 0 };
}

/** Where a row goes that is moved one up or down among its siblings. */
export function step(
  all: readonly Row[],
  moved: string,
  by: -1 | 1,
): { before?: string; after?: string } | null {
  const row = all.find(({ task }) => task.id === moved);
  if (!row) return null;
  const siblings = all.filter(({ task }) => task.parent === row.task.parent);
  const next = siblings[siblings.indexOf(row) + by];
  if (!next) return null;
  return by < 0 ? { before: next.task.id } : { after: next.task.id };
}

/** The parent that a row gets when it is made a part of the one above it, or taken out of its own. */
export function nest(
  all: readonly Row[],
  moved: string,
  by: -1 | 1,
): { parent: string | null; after?: string } | null {
  const at = all.findIndex(({ task }) => task.id === moved);
  const row = all[at];
  if (!row) return null;
  if (by < 0) {
    const parent = all.find(({ task }) => task.id === row.task.parent);
    return parent ? { parent: parent.task.parent, after: parent.task.id } : null;
  }
  const siblings = all.filter(({ task }) => task.parent === row.task.parent);
  const above = siblings[siblings.indexOf(row) - 1];
  if (!above) return null;
  const last = all.filter(({ task }) => task.parent === above.task.id).at(-1);
  return last ? { parent: above.task.id, after: last.task.id } : { parent: above.task.id };
}
