/** Adding what somebody typed. */

import type { Due, QuickAdd } from "@poo/engine";
import { useSyncExternalStore } from "react";
import { type Filter, fits, forEngine } from "../lib/filter.ts";
import { engine, inWords, persist, zone } from "./engine.ts";
import { local, remember } from "./local.ts";
import { go, type Place, place } from "./route.ts";
import { say } from "./toasts.ts";

/** How far ahead the page of what comes looks. */
export const DAYS_AHEAD = 30;

export interface Draft {
  list: string | null;
  text: string;
  due?: Due;
  parent?: string;
}

/** Whether `1/2` is the first of February, where this reader lives. */
export const dayFirst = /^\D*2/.test(
  new Date(2000, 0, 2).toLocaleDateString(undefined, { day: "numeric", month: "numeric" }),
);

export function understand(text: string, list: string | null): Promise<QuickAdd> {
  return engine.query({ type: "quick_add", text, zone, dayFirst, ...(list ? { list } : {}) });
}

/** What was typed before the engine had started. It outlives the page. */
const WAITING = "waiting";
const hearers = new Set<() => void>();

const NONE: Draft[] = [];
/** What is being added this moment: the engine has it. */
let adding: readonly Draft[] = NONE;
/** All that is not a task yet. */
let ghosts: readonly Draft[] = waiting();

function waiting(): readonly Draft[] {
  return local<Draft[]>(WAITING, NONE);
}

function changed(): void {
  ghosts = [...adding, ...waiting()];
  for (const hear of hearers) hear();
}

function setWaiting(drafts: Draft[]): void {
  remember(WAITING, drafts);
  changed();
}

function setAdding(drafts: readonly Draft[]): void {
  adding = drafts;
  changed();
}

/** What was typed and is no task yet: it is shown all the same. */
export function useGhosts(): readonly Draft[] {
  return useSyncExternalStore(
    (changed) => {
      hearers.add(changed);
      return () => hearers.delete(changed);
    },
    () => ghosts,
  );
}

/** Adds a task as soon as there is an engine. Nothing that was typed is lost. */
export async function add(draft: Draft): Promise<void> {
  if (engine.status().phase !== "ready") {
    setWaiting([...waiting(), draft]);
    return;
  }
  setAdding([draft, ...adding]);
  await put(draft, () => setAdding(adding.filter((other) => other !== draft)));
}

/** Adds what waited. */
export async function addWaiting(list: string | null): Promise<void> {
  for (const draft of [...waiting()]) {
    const added = () => setWaiting(waiting().filter((other) => other !== draft));
    await put({ ...draft, list: draft.list ?? list }, added);
  }
}

/** Adds a task, and says when it is one: or that it will be none. */
async function put(draft: Draft, added: () => void): Promise<void> {
  try {
    const said = await understand(draft.text, draft.list);
    const list = (said.list && (await listCalled(said.list))) || draft.list || (await anyList());
    const assignee = said.assignee && (await memberCalled(list, said.assignee));
    const due = said.due ?? draft.due;
    const made = await engine.execute({
      type: "create_task",
      list,
      title: said.title,
      tags: said.tags ?? [],
      ...(due ? { due } : {}),
      ...(said.recurrence ? { recurrence: said.recurrence } : {}),
      ...(said.priority ? { priority: said.priority } : {}),
      ...(assignee ? { assignee } : {}),
      ...(draft.parent ? { parent: draft.parent } : {}),
    });
    added();
    persist();
    // It is added, whatever becomes of saying so.
    if (!draft.parent) void tellWhere(list, made.task, said.title).catch(() => {});
  } catch (error) {
    added();
    // What was typed can be typed again from here.
    say({ text: `“${draft.text}” was not added. ${inWords(error)}`, tone: "bad" });
  }
}

/** Nothing that was added is gone without a word: where it cannot be seen from here, it is said. */
async function tellWhere(list: string, task: string, title: string): Promise<void> {
  const here = place();
  if (await isShown(here, list, task)) return;
  if ((here.at === "list" && here.list === list) || here.at === "all") {
    const whole = () => go({ ...here, filter: undefined });
    say({ text: `“${title}” is added. The filter hides it.`, action: { label: "Show all", run: whole } });
    return;
  }
  const { title: where } = await engine.query({ type: "list", list });
  const open = () => go({ at: "list", list, task });
  say({ text: `Added to ${where}: ${title}`, action: { label: "Open", run: open } });
}

/** Whether a task is among those that a place shows. */
async function isShown(here: Place, list: string, task: string): Promise<boolean> {
  const filtered = async (filter: Filter, list?: string) => {
    const asked = { type: "tasks", limit: 10_000, zone, ...forEngine(filter) } as const;
    const { items } = await engine.query(list ? { ...asked, list } : asked);
    return items.some((one) => one.id === task && fits(filter, one));
  };
  switch (here.at) {
    case "list":
      return here.list === list && (!here.filter || filtered(here.filter, list));
    case "all":
      return !here.filter || filtered(here.filter);
    case "today":
    case "focus":
      return (await engine.query({ type: here.at, zone })).items.some((one) => one.id === task);
    case "upcoming": {
      const { items } = await engine.query({ type: "upcoming", days: DAYS_AHEAD, zone });
      return items.some((one) => one.id === task);
    }
    default:
      return true;
  }
}

async function listCalled(title: string): Promise<string | undefined> {
  const lists = await engine.query({ type: "lists" });
  return lists.items.find((list) => list.title === title)?.id;
}

async function memberCalled(list: string, name: string): Promise<string | undefined> {
  const members = await engine.query({ type: "members", list });
  return members.items.find((member) => member.name === name)?.did;
}

/** The list that is meant where none is open. */
async function anyList(): Promise<string> {
  const lists = (await engine.query({ type: "lists" })).items.filter(
    (list) => list.role && list.role !== "viewer",
  );
  const last = local<string | null>("list", null);
  const found = lists.find((list) => list.id === last) ?? lists[0];
  if (found) return found.id;
  return (await engine.execute({ type: "create_list", title: "My list" })).list;
}
