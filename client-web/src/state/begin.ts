/** How the engine begins here: as who was here before, as somebody new, or by a link. */

import type { News } from "@poo/engine";
import { useSyncExternalStore } from "react";
import { UNNAMED } from "../people/NameField.tsx";
import { addWaiting } from "./add.ts";
import { engine, inWords, persist, relayUrl } from "./engine.ts";
import { local } from "./local.ts";
import { go, type Place, parse } from "./route.ts";
import { say } from "./toasts.ts";

/** A link that this page was opened by. It stays on this page: what is behind `#` is never sent. */
export interface Opened {
  kind: "join" | "link" | "setup";
  link: string;
}

let opened: Opened | null = read();
let failed: string | null = null;
const hearers = new Set<() => void>();
const changed = () => {
  for (const hear of hearers) hear();
};

function read(): Opened | null {
  const kind = (["join", "link", "setup"] as const).find((kind) => location.pathname.endsWith(`/${kind}`));
  if (!kind || location.hash.length < 10) return null;
  return { kind, link: location.href };
}

/** The link is dealt with: the address is the app's again, and the link's secret is out of it. */
export function closeLink(): void {
  opened = null;
  history.replaceState(null, "", "./#/");
  dispatchEvent(new HashChangeEvent("hashchange"));
  changed();
}

export function useOpened(): Opened | null {
  return useSyncExternalStore(subscribe, () => opened);
}

export function useFailed(): string | null {
  return useSyncExternalStore(subscribe, () => failed);
}

function subscribe(hear: () => void): () => void {
  hearers.add(hear);
  return () => hearers.delete(hear);
}

/**
 * Whoever comes back is where they were before the engine has started: what is shown there is asked
 * for with the first words to it. Whether that list is still theirs shows a moment later.
 */
export function comeBack(): void {
  const last = local<string | null>("list", null);
  if (opened || !last || parse(location.hash).at !== "none") return;
  back = last;
  go({ at: "list", list: last }, "replace");
}

/** The list they came back to, of which it is not known whether it is there. */
let back: string | null = null;

/** Whether they are still where they began: they may have gone on. */
function isOpenStill(): boolean {
  const place = parse(location.hash);
  return place.at === "none" || (place.at === "list" && place.list === back);
}

/** Begins. Someone new finds a first list, unless a link brought them here for another one. */
export async function begin(): Promise<void> {
  try {
    const started = await engine.start({ relay: relayUrl(), name: UNNAMED, welcome: opened === null });
    if (!started.fresh) persist();
    await addWaiting(started.welcome);
    if (started.welcome && isOpenStill()) {
      go({ at: "list", list: started.welcome }, "replace");
    } else if (!opened && isOpenStill()) {
      const there = await lastOpen();
      if (isOpenStill()) go(there, "replace");
    }
  } catch (error) {
    failed = inWords(error);
    changed();
  }
}

/** Goes to the list that was open last. */
export async function home(): Promise<void> {
  go(await lastOpen(), "replace");
}

/** The list that was open last, if it is still among theirs. */
async function lastOpen(): Promise<Place> {
  const lists = (await engine.query({ type: "lists" })).items.filter((list) => !list.archived);
  const last = local<string | null>("list", null);
  const list = lists.find((one) => one.id === last) ?? lists[0];
  return list ? { at: "list", list: list.id } : { at: "today" };
}

/** Waits until lists have come from elsewhere, but not for ever. */
export function listsCome(patience_ms = 20_000): Promise<void> {
  const live = engine.live({ type: "lists" });
  return new Promise((done) => {
    const end = live.subscribe(() => {
      if (live.current().data?.items.length) came();
    });
    const late = setTimeout(() => came(), patience_ms);
    function came() {
      clearTimeout(late);
      end();
      done();
    }
  });
}

/** Waits for what comes of a link. */
export function outcome(): { promise: Promise<News>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<News>();
  const end = engine.onNews((news) => {
    if (["joined", "linked", "admitted", "link_failed"].includes(news.news)) {
      end();
      resolve(news);
    }
  });
  return { promise, cancel: end };
}

// What is lost is said wherever one is.
engine.onNews((news) => {
  if (news.news === "refused") say({ text: refusedInWords(news.code, news.message), tone: "bad" });
  if (news.news === "reauthored" && news.lost.length > 0) {
    const count = news.lost.length === 1 ? "One change" : `${news.lost.length} changes`;
    say({
      text: `Another copy of this device wrote, too. ${count} made here could not be kept.`,
      tone: "bad",
    });
  }
  if (news.news === "device_came") say({ text: `${news.name} has your lists now`, tone: "good" });
});

function refusedInWords(code: string, message: string): string {
  switch (code) {
    case "forbidden":
    case "not-a-member":
    case "no-access":
      return "You were removed from a list. Your copy is kept here.";
    default:
      return message.charAt(0).toUpperCase() + message.slice(1);
  }
}
