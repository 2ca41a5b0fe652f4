import type { Task } from "@poo/engine";
import { expect, test } from "vitest";
import { type Filter, filterInAddress, fits, forEngine, parseFilter, tidy } from "./filter.ts";

test("what is in the address is what was picked", () => {
  const filter: Filter = {
    text: "a b & c=#1/ü",
    status: "in_progress",
    tag: "#home+",
    due: "week",
    who: "did:key:z1",
  };
  expect(parseFilter(filterInAddress(filter))).toEqual(filter);
  expect(parseFilter("")).toBeUndefined();
});

test("what an address says wrong is left out", () => {
  expect(parseFilter("status=gone&priority=__proto__&due=9&from=x&other=1")).toBeUndefined();
  expect(parseFilter("due=range&from=2026-01-01&to=soon")).toEqual({ due: "range", from: "2026-01-01" });
});

test("days belong to a range only, and what is empty is nothing", () => {
  expect(tidy({ due: "today", from: "2026-01-01" })).toEqual({ due: "today" });
  expect(tidy({ text: "", status: undefined })).toBeUndefined();
});

test("days are counted from today, across the end of a month", () => {
  expect(forEngine({ due: "week" }, "2026-02-26")).toEqual({ dueFrom: "2026-02-26", dueTo: "2026-03-04" });
  expect(forEngine({ due: "range", to: "2026-03-01" })).toEqual({ dueTo: "2026-03-01" });
  expect(forEngine({ who: "did:key:z1", text: "x" })).toEqual({ assignee: "did:key:z1", text: "x" });
});

test("overdue is what is past and not done", () => {
  const task = (overdue: boolean, done: boolean) => ({ overdue, done }) as Task;
  expect(forEngine({ due: "overdue" }, "2026-02-26")).toEqual({ dueTo: "2026-02-26" });
  expect(fits({ due: "overdue" }, task(true, false))).toBe(true);
  expect(fits({ due: "overdue" }, task(false, false))).toBe(false);
  expect(fits({ due: "overdue" }, task(true, true))).toBe(false);
  expect(fits({ due: "today" }, task(false, true))).toBe(true);
});
