/** Adding what somebody typed. */

import type { Due, QuickAdd } from "@poo/engine";
import { useSyncExternalStore } from "react";
import { engine, inWords, zone } from "./engine.ts";
import { local, remember } from "./local.ts";
import { say } from "./toasts.ts";

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

export function waiting(): readonly Draft[] {
  return local<Draft[]>(WAITING, NONE);
}

const NONE: Draft[] = [];

function setWaiting(drafts: Draft[]): void {
  remember(WAITING, drafts);
  for (const changed of hearers) changed();
}

export function useWaiting(): readonly Draft[] {
  return useSyncExternalStore(
    (changed) => {
      hearers.add(changed);
      return () => hearers.delete(changed);
    },
    () => waiting(),
  );
}

/** Adds a task as soon as there is an engine. Nothing that was typed is lost. */
export async function add(draft: Draft): Promise<void> {
  if (engine.status().phase !== "ready") {
    setWaiting([...waiting(), draft]);
    return;
  }
  await put(draft);
}

/** Adds what waited. */
export async function addWaiting(list: string | null): Promise<void> {
  for (const draft of [...waiting()]) {
    await put({ ...draft, list: draft.list ?? list });
    setWaiting(waiting().filter((other) => other !== draft));
  }
}

async function put(draft: Draft): Promise<void> {
  try {
    const said = await understand(draft.text, draft.list);
    const list = (said.list && (await listCalled(said.list))) || draft.list || (await anyList());
    const assignee = said.assignee && (await memberCalled(list, said.assignee));
    const due = said.due ?? draft.due;
    await engine.execute({
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
    if (draft.list && list !== draft.list) say({ text: `Added to ${said.list}` });
  } catch (error) {
    // What was typed can be typed again from here.
    say({ text: `“${draft.text}” was not added. ${inWords(error)}`, tone: "bad" });
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
