import type { Patch } from "./protocol.ts";

/** An answer that is a collection. */
export interface Rows {
  items: unknown[];
  nextCursor?: string;
}

/** The new answer. Rows that did not change are the same objects as before. */
export function patched(before: unknown, patch: Patch): unknown {
  if ("whole" in patch) return patch.whole;
  const old = (before as Rows | undefined)?.items ?? [];
  const items: unknown[] = [];
  for (const part of patch.rows) {
    if ("new" in part) {
      items.push(part.new);
      continue;
    }
    const [from, count] = part;
    for (let at = from; at < from + count; at += 1) items.push(old[at]);
  }
  return patch.nextCursor === undefined ? { items } : { items, nextCursor: patch.nextCursor };
}
