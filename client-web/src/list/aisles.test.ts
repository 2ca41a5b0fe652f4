import { readFileSync } from "node:fs";
import type { Task } from "@poo/engine";
import { expect, test } from "vitest";
import { AISLES, guessAisle, stands } from "./aisles.ts";

test("things are where the engine says", () => {
  const found = readFileSync(new URL("../../../core/src/derive/aisles.txt", import.meta.url), "utf8");
  let count = 0;
  const wrong: string[] = [];
  for (const line of found.split("\n").filter((line) => line.trim())) {
    const at = line.indexOf(": ");
    const aisle = line.slice(0, at);
    for (const title of line.slice(at + 2).split(", ")) {
      if (guessAisle(title, []) !== aisle) wrong.push(`${title}: ${guessAisle(title, [])}, not ${aisle}`);
      count += 1;
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(100);
});

test("a list's own aisles come first, by their longest keyword", () => {
  const own = [
    { name: "Asian shelf", keywords: ["soy sauce", "noodles"] },
    { name: "Market", keywords: ["sauce"] },
  ];
  expect(guessAisle("Dark soy sauce", own)).toBe("Asian shelf");
  expect(guessAisle("Apple sauce", own)).toBe("Market");
  expect(guessAisle("Noodle", own)).toBe("Asian shelf");
  expect(guessAisle("Asian shelves cleaner", own)).not.toBe("Market");
});

test("the shop is walked in order, and what is below a task stays with it", () => {
  const task = (id: string, title: string, more: Partial<Task> = {}) =>
    ({ id, title, parent: null, depth: 0, ...more }) as Task;
  const all = stands(
    [
      task("1", "Milk"),
      task("2", "Thing"),
      task("3", "Apples", { parent: "2", depth: 1 }),
      task("4", "Apples"),
      task("5", "Apples", { aisle: "Cellar" }),
    ],
    [],
  );
  expect(all.map(({ aisle, tasks }) => [aisle, tasks.map(({ id }) => id)])).toEqual([
    ["Cellar", ["5"]],
    ["Produce", ["4"]],
    ["Dairy & Eggs", ["1"]],
    ["Other", ["2", "3"]],
  ]);
  expect(AISLES).toHaveLength(16);
});
