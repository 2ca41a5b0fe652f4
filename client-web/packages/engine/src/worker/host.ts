import type { News, Page, PendingList, Problem } from "../generated/model.ts";
import init, * as wasm from "../generated/wasm/poo_web_engine.js";
import {
  type CallName,
  type Calls,
  type Patch,
  type Push,
  STARTING,
  type Start,
  type Started,
  type Status,
} from "../protocol.ts";
import * as keystore from "./keystore.ts";
import { Line } from "./line.ts";

const FILE = "poo.db";
/** The tab that had the files before may not be all gone yet. */
const FILES_TRIES = 100;
const FILES_PAUSE_MS = 50;
const TICK_MS = 1_000;

const entropy = () => crypto.getRandomValues(new Uint8Array(32));
const folder = () =>
  `poo-${Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, "0")).join("")}`;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** What was thrown, as a problem. The engine throws problems as JSON. */
export function problem(error: unknown): Problem {
  if (typeof error === "string") {
    try {
      return JSON.parse(error) as Problem;
    } catch {
      return { code: "unknown", message: error };
    }
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof WebAssembly.RuntimeError ? "crashed" : "unknown", message };
}

/** The one engine of this browser, and whoever follows it. */
export class Host {
  readonly #own: string;
  /** Tells a client something. */
  readonly #tell: (client: string, push: Push) => void;
  /** Tells all clients. */
  readonly #tellAll: (push: Push) => void;
  #engine: wasm.Engine | null = null;
  #line: Line | null = null;
  #starting: Promise<Started> | null = null;
  /** Calls that come before the first start wait for it. */
  readonly #begun = Promise.withResolvers<void>();
  #subs = new Map<number, { client: string; sub: number }>();
  #nextSub = 1;
  /** Which list each client looks at; the last one is who turned to theirs last. */
  readonly #attending = new Map<string, string>();
  #dirty = false;
  /** Documents of which the long answers are still to be told; all of them, or none. */
  #behind: Set<string> | "all" | null = null;
  #ticking: ReturnType<typeof setInterval> | null = null;
  #status: Status = STARTING;

  /** `own` is the client in whose tab this is. */
  constructor(own: string, tell: (client: string, push: Push) => void, tellAll: (push: Push) => void) {
    this.#own = own;
    this.#tell = tell;
    this.#tellAll = tellAll;
  }

  status(): Status {
    return this.#status;
  }

  /** A client is gone. */
  drop(client: string): void {
    this.#attend(client, null);
    for (const [id, sub] of this.#subs) {
      if (sub.client !== client) continue;
      this.#engine?.unfollow(id);
      this.#subs.delete(id);
    }
  }

  async call(client: string, name: CallName, give: unknown): Promise<unknown> {
    if (name === "start") {
      const start = give as Start;
      if (start.replace) {
        await this.#clear();
        this.#starting = null;
      }
      this.#starting ??= this.#start(start);
      this.#begun.resolve();
      const started = await this.#starting;
      // Only who came first hears that somebody new began.
      this.#starting = Promise.resolve({ fresh: false, welcome: null });
      return started;
    }
    await this.#begun.promise;
    await this.#starting;
    const engine = this.#engine;
    if (!engine) throw JSON.stringify({ code: "not_started", message: "the engine has not started" });
    try {
      return this.#answer(engine, client, name, give);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) this.#crashed(error);
      throw error;
    }
  }

  #answer(engine: wasm.Engine, client: string, name: CallName, give: unknown): unknown {
    const now = Date.now();
    switch (name) {
      case "execute": {
        const outcome = JSON.parse(engine.execute(JSON.stringify(give), now)) as unknown;
        // It is kept, so it may go out: others need not wait for what is shown here.
        this.#line?.pump();
        this.#settle(true);
        return outcome;
      }
      case "query":
        return JSON.parse(engine.query(JSON.stringify(give), now));
      case "follow": {
        const { sub, query } = give as Calls["follow"]["give"];
        this.#unfollow(client, sub);
        const id = this.#nextSub++;
        this.#subs.set(id, { client, sub });
        return JSON.parse(engine.follow(id, JSON.stringify(query), now));
      }
      case "unfollow":
        this.#unfollow(client, give as number);
        return null;
      case "attend":
        this.#attend(client, give as string | null);
        return null;
      case "leave":
        // With the tab that has the engine this window of theirs ends; the next one comes as another.
        if (client === this.#own) this.#attending.clear();
        this.#attend(client, null);
        return null;
      case "show": {
        const { task, typing } = give as Calls["show"]["give"];
        engine.show(task ?? undefined, typing);
        this.#step();
        return null;
      }
      case "followLink": {
        const { link, name: called } = give as Calls["followLink"]["give"];
        engine.followLink(link, called, now);
        this.#connect();
        this.#step();
        return null;
      }
      case "awaitDevice":
        engine.awaitDevice(give as string, now);
        this.#step();
        return null;
      case "phrase":
        return engine.phrase() ?? null;
      case "readImport": {
        const { bytes, name: called, zone } = give as Calls["readImport"]["give"];
        return JSON.parse(engine.readImport(bytes, called, zone));
      }
      case "putFile":
        return engine.putFile(give as Uint8Array);
      case "file": {
        const { list, file } = give as Calls["file"]["give"];
        const bytes = engine.file(list, file) ?? null;
        this.#line?.pump();
        return bytes;
      }
      case "refresh":
        this.#refresh(undefined);
        this.#line?.hurry();
        return null;
      case "start":
        return null;
    }
  }

  /** Several tabs look at several lists: their person is seen in the one to which they turned last. */
  #attend(client: string, list: string | null): void {
    this.#attending.delete(client);
    if (list) this.#attending.set(client, list);
    this.#engine?.attend([...this.#attending.values()].at(-1));
    this.#step();
  }

  #unfollow(client: string, sub: number): void {
    for (const [id, known] of this.#subs) {
      if (known.client !== client || known.sub !== sub) continue;
      this.#engine?.unfollow(id);
      this.#subs.delete(id);
    }
  }

  async #start(start: Start): Promise<Started> {
    try {
      // None of these waits for another.
      const [kept, durable] = await Promise.all([loaded(), canKeep(), init()]);
      const started = await this.#open(start, kept, durable);
      this.#status = { ...this.#status, phase: "ready" };
      this.#connect();
      this.#ticking ??= setInterval(() => this.#step(), TICK_MS);
      this.#step();
      // What was followed of somebody else's lists is followed of these.
      if (start.replace) this.#tellAll({ push: "again" });
      return started;
    } catch (error) {
      this.#status = { ...this.#status, phase: "failed", problem: problem(error) };
      this.#tellAll({ push: "status", status: this.#status });
      throw error;
    }
  }

  async #open(start: Start, known: keystore.Kept | null, durable: Problem | null): Promise<Started> {
    const fresh = !known;
    const kept = known ?? { keys: begun(start), folder: folder() };
    let file: string | undefined;
    if (durable === null) {
      await prepare(kept.folder);
      file = FILE;
    } else {
      this.#status = { ...this.#status, storage: "memory", problem: durable };
    }
    const engine = wasm.Engine.open(kept.keys, entropy(), file);
    let welcome: string | null = null;
    engine.offerRelay(start.relay);
    if (start.as && "link" in start.as && fresh) {
      engine.followLink(start.as.link, start.as.device, Date.now());
    } else {
      const restores = start.as !== undefined;
      welcome = engine.found(start.name, fresh && !restores && start.welcome, Date.now()) ?? null;
    }
    // Who they are is kept last: what began and came to nothing is no one.
    if (fresh && file) await keystore.keep(kept);
    kept.keys.fill(0);
    this.#engine = engine;
    return { fresh, welcome };
  }

  async #clear(): Promise<void> {
    this.#line?.close();
    this.#line = null;
    const engine = this.#engine;
    this.#engine = null;
    this.#subs.clear();
    engine?.free();
    await keystore.forget();
  }

  #connect(): void {
    const engine = this.#engine;
    const url = engine?.relayUrl();
    if (!engine || !url || this.#line) return;
    this.#line = new Line(url, {
      connect: () => engine.connect(Date.now()),
      disconnect: () => engine.disconnect(),
      receive: (frame) => {
        engine.receive(frame, Date.now());
        this.#soon();
      },
      transmit: () => engine.transmit() ?? undefined,
      settled: () => this.#soon(),
      isOpen: () => engine.isOpen(),
    });
    this.#line.open();
  }

  /** Time passed, or something is to be said. */
  #step(): void {
    try {
      this.#engine?.tick(Date.now());
      this.#line?.pump();
      this.#soon();
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) this.#crashed(error);
    }
  }

  /** Tells what changed once all that is at hand has been taken in. */
  #soon(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    setTimeout(() => {
      this.#dirty = false;
      this.#settle(false);
    }, 0);
  }

  #settle(here: boolean): void {
    const engine = this.#engine;
    if (!engine) return;
    const changed = engine.takeChanged();
    if (changed !== "[]") this.#refresh(changed);
    for (const news of JSON.parse(engine.takeNews()) as News[]) {
      // The session began as nobody's device: only a new one is told what its person has.
      if (news.news === "linked") this.#line?.again();
      this.#tellAll({ push: "news", news });
    }
    const state = JSON.parse(engine.state()) as { inSync: boolean; pending: Page<PendingList> };
    // Who lost access to a list has nothing refused as long as they wrote nothing.
    const refused = state.pending.items.filter((list) => list.refused !== undefined && list.changes > 0);
    const pending = state.pending.items.filter((list) => list.refused === undefined);
    const status: Status = {
      ...this.#status,
      connection: this.#line?.state ?? "offline",
      inSync: state.inSync && !here,
      pending: pending.reduce((sum, list) => sum + list.changes, 0),
      refused: refused.map((list) => ({ list: list.list, reason: list.refused ?? "" })),
    };
    if (JSON.stringify(status) === JSON.stringify(this.#status)) return;
    this.#status = status;
    this.#tellAll({ push: "status", status });
  }

  /** Tells what changed: at once what is made in a moment, and behind it what takes longer. */
  #refresh(documents: string | undefined): void {
    this.#tellChanges(documents, false);
    const ids = documents === undefined ? "all" : (JSON.parse(documents) as string[]);
    const waits = this.#behind;
    this.#behind = ids === "all" || waits === "all" ? "all" : new Set([...(waits ?? []), ...ids]);
    if (waits) return;
    setTimeout(() => {
      const all = this.#behind;
      this.#behind = null;
      if (all) this.#tellChanges(all === "all" ? undefined : JSON.stringify([...all]), true);
    }, 0);
  }

  #tellChanges(documents: string | undefined, long: boolean): void {
    const engine = this.#engine;
    if (!engine) return;
    type Told = { id: number; patch?: Patch; error?: Problem };
    for (const told of JSON.parse(engine.refresh(documents, long, Date.now())) as Told[]) {
      const whose = this.#subs.get(told.id);
      if (!whose) continue;
      if (told.patch) this.#tell(whose.client, { push: "patch", sub: whose.sub, patch: told.patch });
      else if (told.error) this.#tell(whose.client, { push: "error", sub: whose.sub, error: told.error });
    }
  }

  /** The engine broke off. What it had committed is on disk; this worker cannot go on. */
  #crashed(error: WebAssembly.RuntimeError): void {
    this.#line?.close();
    this.#line = null;
    this.#engine = null;
    this.#status = { ...this.#status, phase: "failed", connection: "offline", problem: problem(error) };
    this.#tellAll({ push: "status", status: this.#status });
  }
}

async function loaded(): Promise<keystore.Kept | null> {
  // Without a secure context there is no key to unwrap with, and nothing was kept.
  if (!globalThis.crypto.subtle) return null;
  try {
    return await keystore.load();
  } catch {
    return null;
  }
}

/** Why lists cannot be kept in this browser, if they cannot. */
async function canKeep(): Promise<Problem | null> {
  if (!globalThis.isSecureContext) {
    return { code: "insecure", message: "browsers keep lists only for pages that come over https" };
  }
  try {
    const root = await navigator.storage.getDirectory();
    if (!root || !("createSyncAccessHandle" in FileSystemFileHandle.prototype))
      throw new Error("no access handles");
    return null;
  } catch {
    return { code: "no_files", message: "this browser keeps no files for pages, as in a private window" };
  }
}

function begun(start: Start): Uint8Array {
  if (!start.as) return wasm.newKeys(entropy());
  if ("link" in start.as) return wasm.deviceKeys(start.as.link, entropy());
  return wasm.restoreKeys(start.as.phrase, entropy());
}

async function prepare(name: string): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      await wasm.prepareStorage(name);
      return;
    } catch (error) {
      if (tried >= FILES_TRIES) throw error;
      await pause(FILES_PAUSE_MS);
    }
  }
}
