import { describe, expect, test } from "vitest";
import { addDays, due, dueInWords, parts } from "./dates.ts";
import { rebase } from "./merge.ts";
import { read, write } from "./recurrence.ts";

describe("due dates", () => {
  test("a day, or a time in a zone, taken apart and put together", () => {
    for (const text of ["2026-11-23", "2026-11-23T09:00[Europe/Berlin]"]) {
      const { date, time, zone } = parts(text);
      expect(due(date, time, zone ?? "UTC")).toBe(text);
    }
  });

  test("near days have names", () => {
    const now = new Date(2026, 10, 25, 23, 30);
    expect(dueInWords("2026-11-25", now)).toBe("Today");
    expect(dueInWords("2026-11-26", now)).toBe("Tomorrow");
    expect(dueInWords("2026-11-24", now)).toBe("Yesterday");
    expect(dueInWords("2026-11-28", now)).toBe("Saturday");
    expect(dueInWords("2027-11-25", now)).toContain("2027");
  });

  test("days are counted across a change of clocks and of years", () => {
    expect(addDays("2026-03-28", 2)).toBe("2026-03-30");
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  });
});

describe("rebase", () => {
  test("changes of different parts both stand", () => {
    expect(rebase("buy milk", "buy oat milk", "buy milk today")).toBe("buy oat milk today");
    expect(rebase("buy milk", "buy milk now", "please buy milk")).toBe("please buy milk now");
  });

  test("of the same part one's own stands", () => {
    expect(rebase("milk", "bread", "eggs")).toBe("bread");
  });

  test("what was typed here and comes back is not put in twice", () => {
    expect(rebase("", "# Beds", "# B")).toBe("# Beds");
    expect(rebase("see ", "see you soon", "see you")).toBe("see you soon");
  });

  test("who changed nothing takes what came", () => {
    expect(rebase("a", "a", "b")).toBe("b");
    expect(rebase("a", "b", "a")).toBe("b");
  });
});

describe("recurrence", () => {
  test("what the editor makes, it reads", () => {
    const rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20270101";
    const known = read(rule);
    expect(known).toEqual({ frequency: "WEEKLY", interval: 2, days: ["MO", "TH"], until: "2027-01-01" });
    expect(known && write(known)).toBe(rule);
  });

  test("what it cannot show whole, it leaves alone", () => {
    expect(read("FREQ=MONTHLY;BYMONTHDAY=-1")).toBeNull();
    expect(read("FREQ=WEEKLY;BYDAY=1MO")).toBeNull();
    expect(read("")).toBeNull();
  });
});
