/**
 * How fast the app is: `make bench ARGS="--only web"`. Prints a table, and writes it into the page
 * that POO_BENCH_PAGE names. Nothing here passes or fails by a time.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "@playwright/test";
import { expect, Person, type Relay, test } from "../relay.ts";
import { quantile, Table, write } from "./table.ts";
import { type Sight, watched } from "./watch.ts";

/** Fewer of everything, to see that the program works. */
const quick = Boolean(process.env.POO_BENCH_QUICK);
const STARTS = quick ? 2 : 10;
const TIMES = quick ? 3 : 20;
const LISTS = quick ? 8 : 50;
const TASKS = quick ? 1_000 : 5_000;
const LARGE = "Everything";
/** A phone on the road: what browsers' own tools call fast 4G, on a processor four times slower. */
const PHONE = { latency: 165, downloadThroughput: (9e6 / 8) * 0.9, uploadThroughput: (1.5e6 / 8) * 0.9 };
const PHONE_SLOWER = 4;
const LONG_MS = 600_000;
type Fresh = () => Promise<BrowserContext>;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

test("speed", async ({ playwright, launchOptions, viewport, browser, relay }) => {
  test.setTimeout(3_600_000);
  const table = new Table();
  const folder = mkdtempSync(join(tmpdir(), "poo-bench-"));
  let count = 0;
  // As people have it: a browser that keeps its files. What keeps nothing asks its own process for
  // each write, which takes longer than all the rest.
  const fresh: Fresh = () => {
    count += 1;
    const own = join(folder, String(count));
    return playwright.chromium.launchPersistentContext(own, { ...launchOptions, viewport });
  };
  await coldStarts(fresh, relay, table);
  const context = await fresh();
  await filled(context, relay);
  await warmStarts(context, relay, table);
  await inALargeList(context, relay, table);
  await together(fresh, context, relay, table);
  await context.close();
  rmSync(folder, { recursive: true, force: true });
  const section = table.markdown(browser.version());
  process.stdout.write(`\n${section}\n`);
  if (process.env.POO_BENCH_PAGE) write(process.env.POO_BENCH_PAGE, section);
});

async function opened(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await watched(page);
  await page.goto(url);
  return page;
}

async function firsts(page: Page, names: string[]): Promise<Record<string, number>> {
  await page.waitForFunction((names) => names.every((name) => name in watch.firsts), names, {
    timeout: LONG_MS,
  });
  return page.evaluate(() => watch.firsts);
}

async function coldStarts(fresh: Fresh, relay: Relay, table: Table): Promise<void> {
  table.part("A first visit, nothing in the browser");
  const typing: number[] = [];
  const rows: number[] = [];
  const saved: number[] = [];
  let bytes = { before: 0, all: 0, count: 0 };
  for (let at = 0; at < STARTS; at += 1) {
    const context = await fresh();
    const page = await opened(context, relay.url);
    const first = await firsts(page, ["typing", "rows", "saved"]);
    typing.push(first.typing ?? 0);
    rows.push(first.rows ?? 0);
    saved.push(first.saved ?? 0);
    bytes = await loaded(page);
    await context.close();
  }
  const phone: number[] = [];
  for (let at = 0; at < STARTS / 2; at += 1) {
    const context = await fresh();
    const page = await context.newPage();
    await watched(page);
    const session = await context.newCDPSession(page);
    await session.send("Network.emulateNetworkConditions", { offline: false, ...PHONE });
    await session.send("Emulation.setCPUThrottlingRate", { rate: PHONE_SLOWER });
    await page.goto(relay.url, { waitUntil: "commit" });
    phone.push((await firsts(page, ["typing"])).typing ?? 0);
    await context.close();
  }
  table.times("one can type", typing);
  table.times("the first list is there, kept in this browser", rows);
  table.times("and saved on the relay", saved);
  table.times("one can type: fast 4G, a processor 4 times slower", phone);
  const kilobytes = (count: number) => `${(count / 1_000).toFixed(0)} kB`;
  table.say(
    "bytes before the first paint, as they are sent",
    kilobytes(bytes.before),
    "",
    `${bytes.count} files`,
  );
  table.say("all of the app, as it is sent", kilobytes(bytes.all), "", "the engine's WebAssembly included");
}

/** What came over the network, before the first paint and in all. */
async function loaded(page: Page): Promise<{ before: number; all: number; count: number }> {
  const sizes = () => {
    const of = (entry: PerformanceEntry) => entry as PerformanceResourceTiming;
    const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    const painted = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
    // The service worker fetches all of it once more, for the next time.
    const seen = new Map(all.map((entry) => [of(entry).name, of(entry)] as const));
    return [...seen.values()].map((entry) => ({
      bytes: entry.transferSize,
      // What had not come by then was not needed for it.
      before: entry.responseEnd < painted,
    }));
  };
  const own = await page.evaluate(sizes);
  const workers = await Promise.all(page.workers().map((worker) => worker.evaluate(sizes)));
  const before = own.filter((entry) => entry.before);
  const sum = (of: { bytes: number }[]) => of.reduce((all, { bytes }) => all + bytes, 0);
  return { before: sum(before), all: sum([...own, ...workers.flat()]), count: before.length };
}

/** A person with many lists, one of them large. */
async function filled(context: BrowserContext, relay: Relay): Promise<void> {
  const page = await opened(context, relay.url);
  const sam = new Person(context, page);
  await sam.saved(LONG_MS);
  for (let at = 1; at <= LISTS; at += 1) {
    const name = at === LISTS ? LARGE : `List ${String(at).padStart(2, "0")}`;
    const count = at === LISTS ? TASKS : 20;
    const lines = Array.from({ length: count }, (_, line) => `- [ ] Task ${line + 1} of ${name}`);
    await page.keyboard.press("Shift+L");
    await page.locator("dialog input[type=file]").setInputFiles({
      name: `${name}.md`,
      mimeType: "text/markdown",
      buffer: Buffer.from(`# ${name}\n\n${lines.join("\n")}\n`),
    });
    await expect(page.getByRole("heading", { name, exact: true })).toBeAttached({ timeout: LONG_MS });
    await page.locator("#main [data-row]").first().waitFor({ timeout: LONG_MS });
    await page.locator("#add").focus();
    await page.keyboard.press("Escape");
  }
  await sam.saved(LONG_MS);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.close();
}

async function warmStarts(context: BrowserContext, relay: Relay, table: Table): Promise<void> {
  await relay.stop();
  table.part(`Coming back, offline, to ${LISTS} lists, one of ${TASKS} tasks`);
  for (const name of ["List 07", LARGE]) {
    const typing: number[] = [];
    const rows: number[] = [];
    const checked: number[] = [];
    const done: number[] = [];
    // The first time is for going to the list; the next ones begin there.
    for (let at = -1; at < STARTS; at += 1) {
      await pause(500);
      const page = await opened(context, relay.url);
      const first = await firsts(page, ["typing", "rows"]);
      if (at < 0) await go(page, name);
      else {
        typing.push(first.typing ?? 0);
        rows.push(first.rows ?? 0);
        await expect(page.getByRole("heading", { name, exact: true })).toBeAttached();
        const [shown, gone] = await checkedOff(page);
        checked.push(shown);
        done.push(gone);
      }
      await page.close();
    }
    const which = name === LARGE ? `the list of ${TASKS}` : "a list of 20";
    table.times(`one can type, in ${which}`, typing);
    table.times(`${which} is there`, rows);
    table.times("the first task checked off: until its box shows it", checked);
    table.times("and until it has gone to what is done, behind the rest of the list", done);
  }
  await relay.start();
}

async function go(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: new RegExp(`^${name}`) }).click();
  await expect(page.getByRole("heading", { name, exact: true })).toBeAttached({ timeout: LONG_MS });
  await page.locator("#main [data-row]").first().waitFor({ timeout: LONG_MS });
}

/** Checks the first task off: until its box shows it, and until it has gone to what is done. */
function checkedOff(page: Page): Promise<readonly [number, number]> {
  const box = page.locator("#main .check input").first();
  return box.evaluate(async (input: HTMLInputElement) => {
    const id = input.closest(".row")?.querySelector<HTMLElement>("[data-row]")?.dataset.row;
    const row = () => document.querySelector(`#main [data-row="${id}"]`)?.closest(".row");
    const began = performance.now();
    input.click();
    const shown = await watch.painted(() => row()?.querySelector("input")?.checked !== false);
    const gone = await watch.painted(() => !row() || row()?.classList.contains("done") === true);
    return [shown - began, gone - began] as const;
  });
}

async function inALargeList(context: BrowserContext, relay: Relay, table: Table): Promise<void> {
  const page = await opened(context, relay.url);
  await new Person(context, page).saved(LONG_MS);
  table.part(`In the list of ${TASKS}`);

  const opening: number[] = [];
  for (let at = 0; at < STARTS; at += 1) {
    await go(page, "List 07");
    // Longer than an answer is kept for whoever comes right back.
    await pause(1_500);
    opening.push(
      await page.evaluate(
        async ([title, first]) => {
          const links = [...document.querySelectorAll<HTMLElement>("nav a")];
          links.find((link) => link.textContent.startsWith(title))?.click();
          const began = performance.now();
          const end = await watch.painted(() => watch.has({ selector: "#main [data-row]", text: first }));
          return end - began;
        },
        // Those before it were checked off.
        [LARGE, `Task ${STARTS + 1} of ${LARGE}`] as const,
      ),
    );
  }
  table.times("open it from another list", opening);

  const { frames, empty } = await page.evaluate(() => watch.scroll(5_000, 90));
  const seconds = frames.reduce((sum, frame) => sum + frame, 0) / 1_000;
  table.say(
    "scroll through it",
    `${(frames.length / seconds).toFixed(1)} frames/s`,
    "",
    `a frame takes ${quantile(frames, 0.95).toFixed(1)} ms at p95, ${Math.max(...frames).toFixed(0)} ms at most; ` +
      `${empty} of ${frames.length} without a row in the middle`,
  );

  await page.evaluate(() => document.getElementById("main")?.scrollTo(0, 0));

  const letters = await waits(page, { selector: "#add" }, () =>
    page.locator("#add").pressSequentially("Call the plumber about the sink", { delay: 60 }),
  );
  table.times("a letter typed to add a task", letters);
  const understood: number[] = [];
  for (let at = 0; at < TIMES; at += 1) {
    await page.locator("#add").fill("Call the plumber tomorro");
    await expect(page.locator(".understood")).toHaveCount(0);
    await pause(100);
    understood.push(...(await waits(page, { selector: ".understood" }, () => page.keyboard.press("w"))));
  }
  table.times("until the date in it is understood", understood);
  await page.locator("#add").fill("");

  const added: number[] = [];
  for (let at = 0; at < TIMES; at += 1) {
    await page.locator("#add").fill(`Added ${at}`);
    await pause(100);
    const row = { selector: "#main [data-row]", text: `Added ${at}` };
    added.push(...(await waits(page, row, () => page.keyboard.press("Enter"))));
  }
  table.times("add a task: Enter until it is there", added);

  const checked: number[] = [];
  const left: number[] = [];
  for (let at = 0; at < TIMES; at += 1) {
    const [shown, gone] = await checkedOff(page);
    checked.push(shown);
    left.push(gone);
    await pause(200);
  }
  table.times("check one off: until its box shows it", checked);
  table.times("and until it has gone to what is done", left);
  await page.close();
}

/** Presses keys, and gives how long it took after each until what is said was painted. */
async function waits(page: Page, what: Sight, press: () => Promise<void>): Promise<number[]> {
  await page.evaluate((what) => watch.afterKeys(what), what);
  await press();
  await page.waitForFunction(() => watch.waits.length > 0, undefined, { timeout: LONG_MS });
  await pause(100);
  return page.evaluate(() => watch.waits);
}

async function together(fresh: Fresh, context: BrowserContext, relay: Relay, table: Table): Promise<void> {
  table.part("A change in one browser, until it is painted in another");
  for (const [name, which] of [
    ["List 07", "in a list of 20"],
    [LARGE, `in the list of ${TASKS}`],
  ] as const) {
    const page = await opened(context, relay.url);
    const sam = new Person(context, page);
    await sam.saved(LONG_MS);
    await go(page, name);
    const link = await sam.share("Sam");
    const other = await fresh();
    const its = await opened(other, link);
    const ann = new Person(other, its);
    await ann.saved(LONG_MS);
    await its.getByLabel("Your name").fill("Ann");
    await its.getByRole("button", { name: "Join" }).click();
    await expect(its.getByRole("heading", { name, exact: true })).toBeAttached({ timeout: LONG_MS });
    await its.locator("#main [data-row]").first().waitFor({ timeout: LONG_MS });
    await ann.saved(LONG_MS);
    await sam.saved(LONG_MS);
    await pause(2_000);
    const took: number[] = [];
    for (let at = 0; at < TIMES; at += 1) {
      const text = `From Sam ${at}`;
      const arrives = its.evaluate(
        async (text) =>
          performance.timeOrigin +
          (await watch.painted(() => watch.has({ selector: "#main [data-row]", text }))),
        text,
      );
      await page.evaluate(() => {
        addEventListener(
          "keydown",
          (event) => {
            (globalThis as unknown as { pressed: number }).pressed = performance.timeOrigin + event.timeStamp;
          },
          { capture: true, once: true },
        );
      });
      await page.locator("#add").evaluate((input: HTMLInputElement) => input.focus());
      await page.keyboard.insertText(text);
      await page.keyboard.press("Enter");
      const shown = await arrives;
      took.push(shown - (await page.evaluate(() => (globalThis as unknown as { pressed: number }).pressed)));
      await pause(300);
    }
    table.times(which, took, "Enter in the one, a row in the other");
    await page.close();
    await other.close();
  }
}
