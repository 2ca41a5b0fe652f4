import type { Sort, Task } from "@poo/engine";
import { type Filter, forEngine } from "../lib/filter.ts";
import { useAnswer, useLive, zone } from "../state/engine.ts";

const FIRST = 200;
const MAX = 10_000;

/** The tasks of a list. Of a long one the beginning is there first; of a short one there is no more. */
export function useTasks(list: string, sort: Sort, filter?: Filter): readonly Task[] | undefined {
  const asked = { type: "tasks", list, sort, zone, ...(filter && forEngine(filter)) } as const;
  const first = useLive({ ...asked, limit: FIRST });
  const whole = useAnswer(first?.nextCursor === undefined ? null : { ...asked, limit: MAX }).data;
  return (whole ?? first)?.items;
}
