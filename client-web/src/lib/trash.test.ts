import type { Activity } from "@poo/engine";
import { expect, test } from "vitest";
import { changedSince } from "./trash.ts";

/** What happened, the latest first: who, what, and at which minute by their clock. */
function rows(...said: [who: string, action: Activity["action"], minute: number][]): Activity[] {
  return said.map(([who, action, minute], place) => ({
    id: String(place),
    list: "list",
    at: new Date(minute * 60_000).toISOString(),
    actor: `did:key:${who}`,
    actorName: who,
    action,
  }));
}

test("who changed what another one had deleted is named, once each", () => {
  const after = rows(
    ["Ann", "edited", 9],
    ["Bob", "commented", 8],
    ["Ann", "edited", 7],
    ["Sam", "deleted", 5],
    ["Ann", "created", 1],
  );
  expect(changedSince(after)).toEqual(["Ann", "Bob"]);
});

test("what was written apart from the deletion counts by its clock, wherever it stands", () => {
  expect(changedSince(rows(["Sam", "deleted", 5], ["Ann", "edited", 6]))).toEqual(["Ann"]);
  expect(changedSince(rows(["Sam", "deleted", 5], ["Ann", "edited", 4]))).toEqual([]);
  expect(changedSince(rows(["Ann", "edited", 4], ["Sam", "deleted", 5]))).toEqual(["Ann"]);
});

test("the deleter's own changes, moves, and what came before an earlier deletion say nothing", () => {
  expect(changedSince(rows(["Sam", "edited", 6], ["Ann", "moved", 6], ["Sam", "deleted", 5]))).toEqual([]);
  const twice = rows(
    ["Sam", "deleted", 9],
    ["Ann", "edited", 8],
    ["Sam", "restored", 7],
    ["Sam", "deleted", 5],
  );
  expect(changedSince(twice)).toEqual([]);
  expect(changedSince(rows(["Ann", "edited", 6]))).toEqual([]);
  expect(changedSince([])).toEqual([]);
});
