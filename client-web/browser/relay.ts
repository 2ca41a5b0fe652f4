/** The real relay, and the real command line, for one test each. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { Front } from "./front.ts";

const bin = (name: string) => join(process.env.POO_BIN ?? "../target/debug", name);

/** The engine of a build for tests is large, and compiled anew in each browser. */
const STARTS_MS = 120_000;

export class Relay {
  readonly #folder = mkdtempSync(join(tmpdir(), "poo-web-"));
  #process: ChildProcess | null = null;
  #front: Front | null = null;
  /** Where the relay itself listens. */
  #at = "";
  /** Where its pages are. */
  url = "";
  /** What it says when it starts. */
  greeting = "";

  async start(...args: string[]): Promise<void> {
    const listen = this.#at ? new URL(this.#at).host : "127.0.0.1:0";
    const relay = spawn(
      bin("poo-server"),
      ["--listen", listen, "--data", join(this.#folder, "relay"), ...args],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    this.#process = relay;
    this.#at = await new Promise<string>((done, failed) => {
      this.greeting = "";
      relay.stdout?.on("data", (text) => {
        this.greeting += text;
        const found = /relay at (ws:\S+)/.exec(this.greeting)?.[1];
        if (found) done(found.replace("ws", "http"));
      });
      relay.on("exit", () => failed(new Error(`the relay ended: ${this.greeting}`)));
    });
    // POO_WEB_DIST: try a build of the app without building it into the relay.
    if (process.env.POO_WEB_DIST && !this.#front) {
      this.#front = new Front(this.#at, "/", process.env.POO_WEB_DIST);
      this.url = (await this.#front.start()).replace(/\/$/, "");
    }
    if (!this.#front) this.url = this.#at;
  }

  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = null;
    if (!process) return;
    const ended = new Promise((done) => process.on("exit", done));
    process.kill("SIGTERM");
    await ended;
  }

  /** Runs the command line as somebody with a home of their own. */
  poo(home: string, ...args: string[]): string {
    return execFileSync(bin("poo"), ["--home", join(this.#folder, home), ...args], { encoding: "utf8" });
  }

  async end(): Promise<void> {
    await this.stop();
    await this.#front?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A browser of somebody's own. */
export class Person {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly #problems: string[] = [];

  constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    this.watch(page);
  }

  /** What the page complains of makes the test fail. */
  watch(page: Page): void {
    page.on("pageerror", (error) => this.#problems.push(error.message));
    page.on("console", (message) => {
      // Without a network the browser itself says so.
      if (
        message.type() === "error" &&
        !/ERR_INTERNET_DISCONNECTED|WebSocket|ERR_CONNECTION/.test(message.text())
      ) {
        this.#problems.push(message.text());
      }
    });
  }

  add(text: string): Promise<void> {
    return type(this.page, text);
  }

  row(title: string) {
    return this.page.getByRole("button", { name: title, exact: true });
  }

  box(title: string) {
    return this.page.getByRole("checkbox", { name: new RegExp(`(Complete|Reopen) ${title}`) });
  }

  async saved(timeout?: number): Promise<void> {
    const root = this.page.locator("html");
    await expect(root).toHaveAttribute("data-sync", "good", timeout ? { timeout } : {});
  }

  /** Takes the network away, or gives it back. */
  async offline(is: boolean): Promise<void> {
    await this.context.setOffline(is);
    // Chromium tells only the page of a network that is gone by emulation; of a real one, workers too.
    for (const worker of this.page.workers()) {
      await worker.evaluate((name) => self.dispatchEvent(new Event(name)), is ? "offline" : "online");
    }
  }

  /** Takes the invite that is open, by what the screen offers. */
  async join(name: string): Promise<void> {
    await this.page.getByLabel("Your name").fill(name);
    const join = this.page.getByRole("button", { name: "Join" });
    // One joins once the engine has started, which may be compiling beside other pages.
    await expect(join).toBeEnabled({ timeout: 120_000 });
    await join.click();
  }

  /** Gives a list away by what the screen offers, and reads the link. */
  async share(name: string): Promise<string> {
    await this.page.getByRole("button", { name: "Share", exact: true }).click();
    const make = this.page.getByRole("button", { name: "Make a link" });
    const field = this.page.getByLabel("Your name");
    // Who has a name already is not asked again.
    await expect(async () => {
      if (await field.isVisible()) await field.fill(name);
      await expect(make).toBeEnabled({ timeout: 500 });
    }).toPass();
    await make.click();
    const link = await this.page.getByLabel("Link", { exact: true }).inputValue();
    await this.page.getByRole("button", { name: "Close", exact: true }).click();
    return link;
  }

  check(): void {
    expect(this.#problems).toEqual([]);
  }
}

/** Every place that is no list. */
export const PLACES = [
  "Today",
  "Upcoming",
  "Focus",
  "Calendar",
  "All tasks",
  "Activity",
  "Trash",
  "Settings",
] as const;

/** Sam, and Ann who joined Sam's list by a link: in it are these tasks, in both browsers. */
export async function two(someone: (at?: string) => Promise<Person>, ...tasks: [string, ...string[]]) {
  const sam = await someone();
  for (const task of tasks) {
    await sam.add(task);
    await expect(sam.row(task)).toBeVisible();
  }
  await sam.saved();
  const ann = await someone(await sam.share("Sam"));
  await ann.join("Ann");
  for (const task of tasks) await expect(ann.row(task)).toBeVisible();
  await ann.saved();
  return { sam, ann };
}

export async function type(page: Page, text: string): Promise<void> {
  await page.locator("#add").fill(text);
  await page.locator("#add").press("Enter");
}

export const test = base.extend<{
  relay: Relay;
  someone: (at?: string) => Promise<Person>;
  /** Puts the relay behind a path, or before another app: a folder that was built. */
  behind: (under: string, folder?: string) => Promise<{ front: Front; url: string }>;
}>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from here
  relay: async ({}, use) => {
    const relay = new Relay();
    await relay.start();
    await use(relay);
    await relay.end();
  },
  behind: async ({ relay }, use) => {
    const fronts: Front[] = [];
    await use(async (under, folder) => {
      const front = new Front(relay.url, under, folder);
      fronts.push(front);
      return { front, url: await front.start() };
    });
    for (const front of fronts) await front.stop();
  },
  someone: async ({ browser, relay }, use) => {
    const people: Person[] = [];
    await use(async (at = relay.url) => {
      const context = await browser.newContext();
      const person = new Person(context, await context.newPage());
      people.push(person);
      await person.page.goto(at);
      // A test is about what happens then, not about how long a busy machine takes until then.
      if (at !== "about:blank") await person.saved(STARTS_MS);
      return person;
    });
    for (const person of people) {
      person.check();
      await person.context.close();
    }
  },
});

export { expect, type Page };
