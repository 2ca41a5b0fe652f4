/** When to remind of the words with which one gets one's lists back. */

const DAY_MS = 86_400_000;
/** After so many days, or with so many tasks, there is something to lose. */
const DAYS = 3;
const TASKS = 25;
export const LATER_MS = 30 * DAY_MS;

/** Whether it is time to say how one gets one's lists back. */
export function isDue(
  lists: readonly { total: number; createdAt: string | null; role: string | null }[],
  later: number,
  now: number,
): boolean {
  if (now < later) return false;
  const own = lists.filter((list) => list.role === "owner");
  const tasks = own.reduce((sum, list) => sum + list.total, 0);
  const first = Math.min(...own.flatMap((list) => (list.createdAt ? [Date.parse(list.createdAt)] : [])));
  return tasks >= TASKS || now - first >= DAYS * DAY_MS;
}
