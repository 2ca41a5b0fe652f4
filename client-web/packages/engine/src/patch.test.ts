import { expect, test } from "vitest";
import { patched } from "./patch.ts";

test("rows that were kept are the same objects, in their new places", () => {
  const [a, b, c] = [{ a: 1 }, { b: 2 }, { c: 3 }];
  const d = { d: 4 };
  const next = patched({ items: [a, b, c] }, { rows: [{ new: d }, [1, 2], [0, 1]] }) as { items: unknown[] };
  expect(next.items).toHaveLength(4);
  expect(next.items[0]).toBe(d);
  expect(next.items[1]).toBe(b);
  expect(next.items[3]).toBe(a);
});

test("an answer that is no collection comes whole", () => {
  expect(patched({ a: 1 }, { whole: { b: 2 } })).toEqual({ b: 2 });
  expect(patched(undefined, { rows: [] })).toEqual({ items: [] });
});
