/** The engine by itself: in an app that is not ours, and what it makes the page draw anew. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { build } from "vite";
import { expect, test, two } from "./relay.ts";

test("another app uses the engine: it keeps, syncs, and starts offline", async ({
  browser,
  relay,
  someone,
  behind,
}) => {
  const folder = mkdtempSync(join(tmpdir(), "poo-another-"));
  await build({
    root: new URL("../packages/engine/example", import.meta.url).pathname,
    configFile: false,
    base: "./",
    logLevel: "warn",
    worker: { format: "es" },
    build: { outDir: folder, emptyOutDir: true, target: "es2023" },
  });
  const { url } = await behind("/", folder);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await expect(page).toHaveTitle("Another app");
  const says = page.locator("output");
  await expect(says).toHaveText("in sync", { timeout: 120_000 });
  const write = async (text: string) => {
    await page.getByLabel("What").fill(text);
    await page.getByLabel("What").press("Enter");
    await expect(page.getByRole("listitem").filter({ hasText: text })).toBeVisible();
  };
  await write("From another app");
  await expect(says).toHaveText("in sync");

  // Without a relay it is all there, and what is written waits.
  await relay.stop();
  await expect(says).toHaveText(/offline/);
  await page.reload();
  await expect(page.getByRole("listitem")).toHaveText(["From another app"], { timeout: 120_000 });
  await write("Written alone");
  await relay.start();
  await expect(says).toHaveText("in sync", { timeout: 60_000 });

  // What it keeps is its own: the app of the same relay in another browser has none of it.
  const sam = await someone();
  await expect(sam.page.getByRole("link", { name: /^Their list/ })).toBeHidden();
  await context.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What React gave each row and each list in the sidebar: another object where it was drawn anew. */
const drawn = (page: Page) =>
  page.evaluate(() => {
    const parts = document.querySelectorAll<HTMLElement>("[data-row], nav a[href*='#/list/']");
    const kept = globalThis as { before?: Map<string, unknown> };
    const before = kept.before ?? new Map<string, unknown>();
    kept.before = before;
    const changed: string[] = [];
    for (const part of parts) {
      const key = Object.keys(part).find((name) => name.startsWith("__reactProps"));
      if (!key) throw new Error("the page is not React's");
      const name = part.dataset.row ? (part.textContent ?? "") : "a list";
      const at = part.dataset.row ?? part.getAttribute("href") ?? "";
      const props = (part as unknown as Record<string, unknown>)[key];
      if (before.get(at) !== props) changed.push(name);
      before.set(at, props);
    }
    return changed;
  });

test("only what changed is drawn anew, whoever changed it", async ({ someone }) => {
  const { sam, ann } = await two(someone, "One", "Two", "Three");
  await sam.page.locator("#add").blur();
  const rows = await sam.page.locator("[data-row]").allTextContents();
  expect(rows.length).toBeGreaterThanOrEqual(3);
  expect((await drawn(sam.page)).length).toBeGreaterThanOrEqual(rows.length);
  await expect.poll(() => drawn(sam.page)).toEqual([]);

  await ann.row("Two").click();
  await ann.page.getByLabel("Title", { exact: true }).fill("Two and a half");
  await ann.page.getByLabel("Title", { exact: true }).press("Enter");
  await expect(sam.row("Two and a half")).toBeVisible();
  await sam.saved();
  expect((await drawn(sam.page)).filter((name) => name !== "a list")).toEqual(["Two and a half"]);

  await sam.box("Three").click();
  await expect(sam.page.getByRole("button", { name: "Done (1)" })).toBeVisible();
  const again = await drawn(sam.page);
  for (const row of rows.filter((row) => !row.startsWith("Three"))) expect(again).not.toContain(row);
});
