/** The one engine of this page, and hooks onto it. */

import { type AnswerOf, type Command, Engine, EngineError, type OutcomeOf, type Query } from "@poo/engine";
import EngineWorker from "@poo/engine/worker?worker";
import { useCallback, useMemo, useRef, useSyncExternalStore } from "react";
import { say } from "./toasts.ts";

export const engine = new Engine(new EngineWorker({ name: "poo" }));

/** The reader's zone: what "today" means. */
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Where the relay is that this page came from. */
export function relayUrl(): string {
  const url = new URL(".", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  url.search = "";
  return url.href.replace(/\/$/, "");
}

/** An answer that stays up to date; undefined until it is there. */
export function useLive<Q extends Query>(query: Q): AnswerOf[Q["type"]] | undefined {
  return useAnswer(query).data;
}

const NOTHING = { data: undefined, error: undefined };

/** The same, with what is wrong. No query, no answer. */
export function useAnswer<Q extends Query>(
  query: Q | null,
): { data: AnswerOf[Q["type"]] | undefined; error: EngineError | undefined } {
  const key = query && JSON.stringify(query);
  const live = useMemo(() => (key ? engine.live(JSON.parse(key) as Q) : null), [key]);
  const subscribe = useCallback((changed: () => void) => live?.subscribe(changed) ?? (() => {}), [live]);
  return useSyncExternalStore(subscribe, () => live?.current() ?? NOTHING);
}

export function useStatus() {
  return useSyncExternalStore(
    (changed) => engine.onStatus(changed),
    () => engine.status(),
  );
}

let asked = false;

/**
 * Asks the browser not to make room by throwing away what is kept here. Only pages can ask that, not
 * workers. Some browsers put the question to their user: so not before there is something to keep.
 */
export function persist(): void {
  if (asked || engine.status().storage !== "durable") return;
  asked = true;
  navigator.storage?.persist?.().catch(() => {});
}

/** Carries out a command, and says so where it cannot be. */
export async function run<C extends Command>(command: C): Promise<OutcomeOf[C["type"]] | null> {
  try {
    return await engine.execute(command);
  } catch (error) {
    say({ text: inWords(error), tone: "bad" });
    return null;
  }
}

/** Carries out a command that a person may want to take back. */
export async function runUndoable(command: Command, text: string): Promise<boolean> {
  const outcome = await run(command);
  if (outcome) say({ text, action: { label: "Undo", run: () => void undo() } });
  return outcome !== null;
}

export async function undo(): Promise<void> {
  const outcome = await run({ type: "undo" });
  if (outcome && "action" in outcome && outcome.action === null) say({ text: "There is nothing to undo" });
}

export async function redo(): Promise<void> {
  await run({ type: "redo" });
}

/** What went wrong, as a person may read it. */
export function inWords(error: unknown): string {
  if (!(error instanceof EngineError)) return error instanceof Error ? error.message : String(error);
  switch (error.code) {
    case "no_relay":
      return "This needs a connection once. Try again when you are online.";
    case "forbidden":
      return "You can look at this list, but not change it.";
    case "no_identity_secret":
      return "Do this on the device that you started on.";
    case "storage":
      return `It could not be saved: ${error.message}`;
    default: {
      const text = error.message;
      return text.charAt(0).toUpperCase() + text.slice(1);
    }
  }
}

/** The latest of something, for callbacks that must not change with it. */
export function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value);
  latest.current = value;
  return latest;
}
