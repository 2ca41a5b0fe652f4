import type { Task } from "@poo/engine";
import { describe, expect, test } from "vitest";
import { byStand, drop, nest, rows, step } from "./rows.ts";

/** `a`, with `b` and `c` in it, then `d`; `e` is done. */
function tasks(): Task[] {
  const task = (id: string, depth: number, parent: string | null, done = false) =>
    ({ id, depth, parent, done, title: id }) as Task;
  return [
    task("a", 0, null),
    task("b", 1, "a"),
    task("c", 1, "a", true),
    task("d", 0, null),
    task("e", 0, null, true),
  ];
}
const ids = (all: { task: Task }[]) => all.map((row) => row.task.id).join("");
const open = () => rows(tasks(), new Set()).open;

describe("rows", () => {
  test("what is done stands apart, with its parts; parts that are done stay with their task", () => {
    const { open, done } = rows(tasks(), new Set());
    expect(ids(open)).toBe("abcd");
    expect(ids(done)).toBe("e");
    expect(open[0]).toMatchObject({ parts: 2, open: true });
  });

  test("what is folded hides its parts only", () => {
    expect(ids(rows(tasks(), new Set(["a"])).open)).toBe("ad");
  });
});

describe("drop", () => {
  test("between parts it becomes one of them", () => {
    expect(drop(open(), "d", "c", 1)).toEqual({ parent: "a", after: "b", depth: 1 });
  });

  test("right below a task it is as deep as it was drawn to", () => {
    expect(drop(open(), "d", "d", 1)).toEqual({ parent: "a", after: "c", depth: 1 });
    expect(drop(open(), "d", "d", 2)).toEqual({ parent: "c", after: null, depth: 2 });
    expect(drop(open(), "d", "d", 0)).toEqual({ parent: null, after: "a", depth: 0 });
  });

  test("on top there is nothing above", () => {
    expect(drop(open(), "d", "a", 3)).toEqual({ parent: null, after: null, depth: 0 });
  });

  test("a task takes its parts along, and cannot go into them", () => {
    expect(drop(open(), "a", "c", 1)).toBeNull();
    expect(drop(open(), "a", "d", 0)).toEqual({ parent: null, after: "d", depth: 0 });
  });
});

describe("in a shop", () => {
  test("rows stand where the engine says, in the order that they have, and new ones at the end", () => {
    const stands = [
      { aisle: "Produce", tasks: ["d"] },
      { aisle: "Bakery", tasks: [] },
      { aisle: "Dairy", tasks: ["b", "a"] },
      { aisle: "Other", tasks: [] },
    ];
    const groups = byStand(open(), stands).map(([aisle, of]) => [aisle, ids(of)]);
    expect(groups).toEqual([
      ["Produce", "d"],
      ["Dairy", "ab"],
      ["Other", "c"],
    ]);
  });
});

describe("by keys", () => {
  test("one up and down among siblings, and no further", () => {
    expect(step(open(), "d", -1)).toEqual({ before: "a" });
    expect(step(open(), "a", 1)).toEqual({ after: "d" });
    expect(step(open(), "a", -1)).toBeNull();
  });

  test("into the task above and out again", () => {
    expect(nest(open(), "d", 1)).toEqual({ parent: "a", after: "c" });
    expect(nest(open(), "b", -1)).toEqual({ parent: null, after: "a" });
    expect(nest(open(), "a", 1)).toBeNull();
    expect(nest(open(), "a", -1)).toBeNull();
  });
});
