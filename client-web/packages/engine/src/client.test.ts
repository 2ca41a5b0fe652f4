import { expect, test } from "vitest";
import { Engine, EngineError } from "./client.ts";
import type { FromEngine, Port, Request } from "./protocol.ts";

/** An engine behind something that is no worker: it writes down what it is asked, and says what it is told to. */
class Bridge implements Port {
  readonly asked: Request[] = [];
  #hear: (event: MessageEvent) => void = () => {};

  postMessage(message: unknown): void {
    this.asked.push(message as Request);
  }

  addEventListener(_: "message", hear: (event: MessageEvent) => void): void {
    this.#hear = hear;
  }

  say(said: FromEngine): void {
    this.#hear({ data: said } as MessageEvent);
  }

  /** The last request of a kind. */
  last(call: Request["call"]): Request {
    const found = this.asked.findLast((request) => request.call === call);
    if (!found) throw new Error(`nobody asked to ${call}`);
    return found;
  }
}

const row = (title: string) => ({ id: title, title });

test("what is followed is asked once for all, patched, and asked again of a new engine", async () => {
  const bridge = new Bridge();
  const engine = new Engine(bridge);
  const live = engine.live({ type: "lists" });
  expect(engine.live({ type: "lists" })).toBe(live);
  let heard = 0;
  const ends = [live.subscribe(() => heard++), live.subscribe(() => heard++)];
  const follow = bridge.last("follow");
  expect(bridge.asked).toEqual([follow]);
  const titles = () => live.current().data?.items.map((list) => list.title);

  bridge.say({ id: follow.id, get: { whole: { items: [row("Groceries"), row("Work")] } } });
  await Promise.resolve();
  expect(titles()).toEqual(["Groceries", "Work"]);
  const sub = follow.call === "follow" ? follow.give.sub : 0;
  const before = live.current().data?.items[1];
  bridge.say({ push: "patch", sub, patch: { rows: [{ new: row("Food") }, [1, 1]] } });
  expect(titles()).toEqual(["Food", "Work"]);
  // What did not change is the same object: nobody draws it anew.
  expect(live.current().data?.items[1]).toBe(before);
  expect(heard).toBe(4);

  engine.attend("a-list");
  engine.show("a-task", true);
  bridge.say({ push: "again" });
  // Who looked at a list still does, and does not seem to write for ever.
  expect(bridge.asked.slice(-2).map(({ call, give }) => [call, give])).toEqual([
    ["attend", "a-list"],
    ["show", { task: "a-task", typing: false }],
  ]);
  expect(bridge.asked.filter(({ call }) => call === "follow")).toHaveLength(2);
  bridge.say({ push: "error", sub, error: { code: "storage", message: "the disk is full" } });
  expect(live.current().error).toBeInstanceOf(EngineError);
  for (const end of ends) end();
});

test("each call has its own answer, and what fails says what is wrong with what", async () => {
  const bridge = new Bridge();
  const engine = new Engine(bridge);
  const first = engine.execute({ type: "create_list", title: "One" });
  const second = engine.execute({ type: "create_list", title: "" });
  const [one, two] = bridge.asked.map(({ id }) => id);
  bridge.say({ id: two ?? 0, error: { code: "invalid", message: "title: is empty", field: "title" } });
  bridge.say({ id: one ?? 0, get: { list: "abc" } });
  // An answer that nobody waits for any longer does no harm.
  bridge.say({ id: one ?? 0, get: { list: "again" } });
  expect(await first).toEqual({ list: "abc" });
  await expect(second).rejects.toMatchObject({ code: "invalid", field: "title" });
});
