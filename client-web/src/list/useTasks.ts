import type { Sort, Stand, Task } from "@poo/engine";
import { useMemo } from "react";
import { type Filter, forEngine } from "../lib/filter.ts";
import { useAnswer, useLive, zone } from "../state/engine.ts";

const FIRST = 200;
const MAX = 10_000;

/** The tasks of a list. Of a long one the beginning is there first; of a short one there is no more. */
export function useTasks(list: string, sort: Sort, filter?: Filter): readonly Task[] | undefined {
  const asked = { type: "tasks", list, sort, zone, ...(filter && forEngine(filter)) } as const;
  const first = useLive({ ...asked, limit: FIRST });
  const whole = useAnswer(first?.nextCursor === undefined ? null : { ...asked, limit: MAX }).data;
  return useMemo(() => {
    if (!first || !whole) return first?.items;
    // The beginning hears first of what changed.
    const begun = new Set(first.items.map((task) => task.id));
    return [...first.items, ...whole.items.filter((task) => !begun.has(task.id))];
  }, [first, whole]);
}

/**
 * Where everything of a list stands in the shop. The list that is shown by aisles and the task that
 * is open beside it ask the same, and so share one answer: the second costs nothing.
 */
export function useStands(list: string): readonly Stand[] | undefined {
  return useLive({ type: "stands", list })?.items;
}
