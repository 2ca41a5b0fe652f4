/**
 * The worker of a tab. One tab leads: its worker holds the engine and the browser's files. The
 * others follow through it, and when it closes, the next one leads.
 */

import type { FromEngine, Push, Request, Response, Start } from "../protocol.ts";
import { Host, problem } from "./host.ts";

const LEADER = "poo-engine";
const me = crypto.getRandomValues(new Uint32Array(4)).join("-");
const CLIENT = `poo-client-${me}`;
const locks = navigator.locks as LockManager | undefined;
const tabs = locks ? new BroadcastChannel(LEADER) : null;

/** What workers of tabs say to one another. */
type Word =
  | { to: "leader"; from: string; request: Request }
  /** The leader has a request and will answer it; should it go away now, nobody knows what came of it. */
  | { to: string; taken: number }
  | { to: string; said: FromEngine }
  | { to: "leader"; from: string; who: true }
  | { to: "all"; leads: string };

/** Requests of this tab that are not answered yet. */
/** How this tab began: should it lead one day, its engine begins like that. */
let began: Start | null = null;
const open = new Map<number, { request: Request; taken: boolean }>();
let host: Host | null = null;
let known: string | null = null;
/** Clients whose end this leader waits for. */
const watched = new Set<string>();

const say = (word: Word) => tabs?.postMessage(word);
const toPage = (message: FromEngine) => {
  if ("id" in message) open.delete(message.id);
  self.postMessage(message);
};
const to = (client: string, message: FromEngine) => {
  if (client === me) toPage(message);
  else say({ to: client, said: message });
};

async function answer(client: string, request: Request): Promise<void> {
  if (!host) return;
  let response: Response;
  try {
    response = { id: request.id, get: await host.call(client, request.call, request.give) };
  } catch (error) {
    response = { id: request.id, error: problem(error) };
  }
  to(client, response);
}

/** Frees what a tab followed, once it is gone. */
function watch(client: string): void {
  if (client === me || watched.has(client) || !locks) return;
  watched.add(client);
  void locks.request(`poo-client-${client}`, () => {
    watched.delete(client);
    host?.drop(client);
  });
}

function lead(): void {
  const all = (push: Push) => {
    for (const client of [me, ...watched]) to(client, push);
  };
  host = new Host(me, to, all);
  const waiting = [...open.values()];
  say({ to: "all", leads: me });
  if (began && !waiting.some(({ request }) => request.call === "start")) {
    const { relay, name } = began;
    // What goes wrong is in the status, which all clients are told.
    host.call(me, "start", { relay, name, welcome: false }).catch(() => {});
  }
  // What this tab asked of a leader that is gone.
  again(waiting);
}

/** A new leader: what was asked of the one before is asked again, where that can do no harm. */
function again(waiting: { request: Request; taken: boolean }[]): void {
  for (const { request, taken } of waiting) {
    if (taken && request.call === "execute") {
      toPage({
        id: request.id,
        error: {
          code: "interrupted",
          message: "the window that was saving this closed: look whether it is there",
        },
      });
    } else {
      ask(request);
    }
  }
  self.postMessage({ push: "again" } satisfies Push);
}

function ask(request: Request): void {
  if (request.call === "start") began = request.give;
  open.set(request.id, { request, taken: false });
  if (host) void answer(me, request);
  else if (known) say({ to: "leader", from: me, request });
}

tabs?.addEventListener("message", (event: MessageEvent<Word>) => {
  const word = event.data;
  if ("leads" in word) {
    if (host || known === word.leads) return;
    const changed = known !== null;
    known = word.leads;
    const waiting = [...open.values()];
    if (changed) again(waiting);
    else for (const { request } of waiting) ask(request);
  } else if ("from" in word) {
    if (!host) return;
    watch(word.from);
    if ("who" in word) {
      say({ to: "all", leads: me });
      to(word.from, { push: "status", status: host.status() });
    } else {
      say({ to: word.from, taken: word.request.id });
      void answer(word.from, word.request);
    }
  } else if (word.to === me) {
    if ("taken" in word) {
      const waiting = open.get(word.taken);
      if (waiting) waiting.taken = true;
    } else if ("said" in word) {
      toPage(word.said);
    }
  }
});

self.addEventListener("message", (event: MessageEvent<Request>) => ask(event.data));

if (!locks) {
  lead();
} else {
  // Held for as long as this tab lives, so that the leader knows when it does not.
  void locks.request(CLIENT, () => new Promise(() => {}));
  void locks.request(LEADER, () => {
    lead();
    return new Promise(() => {});
  });
  say({ to: "leader", from: me, who: true });
}
