/**
 * What an application and the engine say to one another, wherever the engine runs: a worker of this
 * page, a worker of another tab, or native code behind a bridge. All of it is plain data.
 */

import type { Command, DocumentId, News, Problem, Query, TaskId } from "./generated/model.ts";

/** How the engine begins. What is there already is opened; else a new person or device begins. */
export interface Start {
  /** Where the relay listens: `ws://` or `wss://`. */
  relay: string;
  /** How a new person is called until they say. */
  name: string;
  /** Begin as somebody's further device, or as somebody who comes back. Nothing: as a new person. */
  as?: { link: string; device: string } | { phrase: string };
  /** Whether a new person finds a first list. */
  welcome: boolean;
  /** Forget who was here before. */
  replace?: boolean;
}

/** What begins with the engine. */
export interface Started {
  /** Whether somebody new began here just now. */
  fresh: boolean;
  /** The list that a new person finds. */
  welcome: DocumentId | null;
}

/** Calls and what they carry. */
export interface Calls {
  start: { give: Start; get: Started };
  execute: { give: Command; get: unknown };
  query: { give: Query; get: unknown };
  follow: { give: { sub: number; query: Query }; get: Patch };
  unfollow: { give: number; get: null };
  attend: { give: DocumentId | null; get: null };
  leave: { give: null; get: null };
  show: { give: { task: TaskId | null; typing: boolean }; get: null };
  followLink: { give: { link: string; name: string }; get: null };
  awaitDevice: { give: string; get: null };
  phrase: { give: null; get: string | null };
  readImport: { give: { bytes: Uint8Array; name: string; zone: string }; get: unknown };
  putFile: { give: Uint8Array; get: string };
  file: { give: { list: DocumentId; file: string }; get: Uint8Array | null };
  refresh: { give: null; get: null };
}

export type CallName = keyof Calls;

/** One call; each is answered once, by its id. */
export type Request = { [Name in CallName]: { id: number; call: Name; give: Calls[Name]["give"] } }[CallName];

/** How an answer changed. */
export type Patch =
  | { whole: unknown }
  | { rows: (readonly [from: number, count: number] | { new: unknown })[]; nextCursor?: string };

/** How the engine is. */
export interface Status {
  phase: "starting" | "ready" | "failed";
  /** Whether lists outlive this page. */
  storage: "durable" | "memory";
  /** Why not, or why it failed. */
  problem: Problem | null;
  connection: "connecting" | "online" | "offline";
  /** Whether everything that is here is at the relay, and the other way round. */
  inSync: boolean;
  /** Changes that no relay has. */
  pending: number;
  /** Lists whose changes the relay refuses, and why. */
  refused: { list: DocumentId; reason: string }[];
}

/** Before anything is known. */
export const STARTING: Status = {
  phase: "starting",
  storage: "durable",
  problem: null,
  connection: "connecting",
  inSync: false,
  pending: 0,
  refused: [],
};

/** What the engine says without being asked. */
export type Push =
  | { push: "patch"; sub: number; patch: Patch }
  | { push: "error"; sub: number; error: Problem }
  | { push: "status"; status: Status }
  | { push: "news"; news: News }
  /** Another engine took over: what was followed has to be followed again. */
  | { push: "again" };

export type Response = { id: number; get: unknown } | { id: number; error: Problem };

/** What comes from the engine. */
export type FromEngine = Response | Push;

/** Both ends of a channel to the engine. A `Worker` and a `MessagePort` are ones. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: "message", hear: (event: MessageEvent) => void): void;
}
