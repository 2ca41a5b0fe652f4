import { expect, test } from "vitest";
import { isDue } from "./phrase.ts";

const now = Date.parse("2026-03-10T12:00:00Z");
const list = (total: number, createdAt: string | null, role: string | null = "owner") => ({
  total,
  createdAt,
  role,
});

test("one is reminded when there is something to lose, not before", () => {
  expect(isDue([], 0, now)).toBe(false);
  expect(isDue([list(3, "2026-03-10T11:00:00Z")], 0, now)).toBe(false);
  expect(isDue([list(3, "2026-03-07T11:00:00Z")], 0, now)).toBe(true);
  expect(isDue([list(12, "2026-03-10T11:00:00Z"), list(13, null)], 0, now)).toBe(true);
  // What others own comes back from them.
  expect(isDue([list(100, "2026-01-01T00:00:00Z", "editor")], 0, now)).toBe(false);
});

test("later is later", () => {
  expect(isDue([list(99, null)], now + 1, now)).toBe(false);
  expect(isDue([list(99, null)], now, now)).toBe(true);
});
