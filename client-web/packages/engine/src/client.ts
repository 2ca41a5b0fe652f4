import type {
  AnswerOf,
  Command,
  DocumentId,
  News,
  OutcomeOf,
  Problem,
  Query,
  TaskId,
} from "./generated/model.ts";
import { patched } from "./patch.ts";
import {
  type CallName,
  type Calls,
  type FromEngine,
  type Port,
  STARTING,
  type Start,
  type Started,
  type Status,
} from "./protocol.ts";

/** What went wrong, as an error. */
export class EngineError extends Error {
  readonly code: string;
  readonly field: string | undefined;

  constructor(problem: Problem) {
    super(problem.message);
    this.name = "EngineError";
    this.code = problem.code;
    this.field = problem.field;
  }
}

/** An answer that is followed. */
export interface Live<T> {
  /** The latest answer; none yet, or an error. */
  current(): { data: T | undefined; error: EngineError | undefined };
  /** Calls back whenever it changed; gives what ends that. */
  subscribe(changed: () => void): () => void;
}

type Follower = {
  query: Query;
  value: { data: unknown; error: EngineError | undefined };
  hearers: Set<() => void>;
};

/** The engine, as an application sees it. Calls can be made before it has started. */
export class Engine {
  readonly #port: Port;
  readonly #waiting = new Map<number, { done(value: unknown): void; failed(error: EngineError): void }>();
  readonly #followers = new Map<number, Follower>();
  readonly #byQuery = new Map<string, { sub: number; live: Live<unknown> }>();
  readonly #newsHearers = new Set<(news: News) => void>();
  readonly #statusHearers = new Set<() => void>();
  #status: Status = STARTING;
  #attends: DocumentId | null = null;
  #shows: TaskId | null = null;
  #next = 1;

  constructor(port: Port) {
    this.#port = port;
    port.addEventListener("message", (event) => this.#hear(event.data as FromEngine));
  }

  start(start: Start): Promise<Started> {
    return this.#call("start", start);
  }

  /** Carries out a command. When it is done, it is kept on this device. */
  execute<C extends Command>(command: C): Promise<OutcomeOf[C["type"]]> {
    return this.#call("execute", command) as Promise<OutcomeOf[C["type"]]>;
  }

  query<Q extends Query>(query: Q): Promise<AnswerOf[Q["type"]]> {
    return this.#call("query", query) as Promise<AnswerOf[Q["type"]]>;
  }

  /** An answer that stays up to date while somebody subscribes to it. Equal queries share one. */
  live<Q extends Query>(query: Q): Live<AnswerOf[Q["type"]]> {
    const key = JSON.stringify(query);
    const known = this.#byQuery.get(key);
    if (known) return known.live as Live<AnswerOf[Q["type"]]>;
    const sub = this.#next++;
    const follower: Follower = {
      query,
      value: { data: undefined, error: undefined },
      hearers: new Set(),
    };
    const live: Live<unknown> = {
      current: () => follower.value,
      subscribe: (changed) => {
        follower.hearers.add(changed);
        if (!this.#followers.has(sub)) {
          this.#followers.set(sub, follower);
          this.#follow(sub, follower);
        }
        return () => {
          follower.hearers.delete(changed);
          // Whoever comes right back, as a page that is drawn anew, finds it as it was.
          setTimeout(() => {
            if (follower.hearers.size > 0 || !this.#followers.has(sub)) return;
            this.#followers.delete(sub);
            this.#byQuery.delete(key);
            this.#tell("unfollow", sub);
          }, 1_000);
        };
      },
    };
    this.#byQuery.set(key, { sub, live });
    return live as Live<AnswerOf[Q["type"]]>;
  }

  /** Says which list is looked at. */
  attend(list: DocumentId | null): void {
    this.#attends = list;
    this.#tell("attend", list);
  }

  /** This page goes away: others see at once that nobody looks at a list here. */
  leave(): void {
    this.#tell("leave", null);
  }

  /** Says which task is open in that list, and whether it is written in. */
  show(task: TaskId | null, typing: boolean): void {
    this.#shows = task;
    this.#tell("show", { task, typing });
  }

  /** Follows an invite or another link. What comes of it is news. */
  followLink(link: string, name: string): Promise<null> {
    return this.#call("followLink", { link, name });
  }

  /** Waits for the device that uses a link which `link_device` made. */
  awaitDevice(link: string): Promise<null> {
    return this.#call("awaitDevice", link);
  }

  phrase(): Promise<string | null> {
    return this.#call("phrase", null);
  }

  readImport(bytes: Uint8Array, name: string, zone: string): Promise<unknown> {
    return this.#call("readImport", { bytes, name, zone });
  }

  putFile(bytes: Uint8Array): Promise<string> {
    return this.#call("putFile", bytes);
  }

  /** A file that a task carries, if it is here; else it is asked for, and news say when it is. */
  file(list: DocumentId, file: string): Promise<Uint8Array | null> {
    return this.#call("file", { list, file });
  }

  /** Time went on: what is due today may be another. */
  refresh(): void {
    this.#tell("refresh", null);
  }

  status(): Status {
    return this.#status;
  }

  onStatus(changed: () => void): () => void {
    this.#statusHearers.add(changed);
    return () => this.#statusHearers.delete(changed);
  }

  onNews(hear: (news: News) => void): () => void {
    this.#newsHearers.add(hear);
    return () => this.#newsHearers.delete(hear);
  }

  #call<Name extends CallName>(call: Name, give: Calls[Name]["give"]): Promise<Calls[Name]["get"]> {
    const id = this.#next++;
    return new Promise((done, failed) => {
      this.#waiting.set(id, { done: done as (value: unknown) => void, failed });
      this.#port.postMessage({ id, call, give });
    });
  }

  /** A call whose answer nobody waits for. */
  #tell<Name extends CallName>(call: Name, give: Calls[Name]["give"]): void {
    this.#port.postMessage({ id: this.#next++, call, give });
  }

  #follow(sub: number, follower: Follower): void {
    this.#call("follow", { sub, query: follower.query }).then(
      (patch) => this.#set(follower, { data: patched(follower.value.data, patch), error: undefined }),
      (error: EngineError) => this.#set(follower, { data: undefined, error }),
    );
  }

  #set(follower: Follower, value: Follower["value"]): void {
    follower.value = value;
    for (const changed of follower.hearers) changed();
  }

  #hear(message: FromEngine): void {
    if ("id" in message) {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (!waiting) return;
      if ("error" in message) waiting.failed(new EngineError(message.error));
      else waiting.done(message.get);
      return;
    }
    switch (message.push) {
      case "patch": {
        const follower = this.#followers.get(message.sub);
        if (follower) {
          this.#set(follower, { data: patched(follower.value.data, message.patch), error: undefined });
        }
        return;
      }
      case "error": {
        const follower = this.#followers.get(message.sub);
        if (follower) this.#set(follower, { data: undefined, error: new EngineError(message.error) });
        return;
      }
      case "status":
        this.#status = message.status;
        for (const changed of this.#statusHearers) changed();
        return;
      case "news":
        for (const hear of this.#newsHearers) hear(message.news);
        return;
      case "again":
        for (const [sub, follower] of this.#followers) this.#follow(sub, follower);
        if (this.#attends) this.#tell("attend", this.#attends);
        if (this.#shows) this.#tell("show", { task: this.#shows, typing: false });
        return;
    }
  }
}
