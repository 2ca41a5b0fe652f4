/** What holds for every screen: it can be used without a mouse or eyes, and says nothing strange. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type Axe from "axe-core";
import { expect, type Page, type Person, test } from "./relay.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

async function faults(page: Page): Promise<string[]> {
  // The page's policy lets no other script in; the browser's own door does.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const found = await page.evaluate(async (rules) => {
    const { violations } = await (globalThis as unknown as { axe: typeof Axe }).axe.run(document, {
      runOnly: rules,
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
    );
  }, RULES);
  await session.detach();
  return found;
}

/** Words that a person who only keeps lists does not meet. */
const STRANGE = /\b(agents?|DID|did:key|key ?pair|CRDT|peer|relay|OPFS|wasm)\b/;

async function sound(person: Person): Promise<void> {
  expect(await faults(person.page)).toEqual([]);
  // What is shown, not what is hidden in the page.
  // biome-ignore lint/performance/useDomNodeTextContent: only this leaves out what is not shown
  expect(await person.page.locator("body").innerText()).not.toMatch(STRANGE);
}

test("every screen is accessible, in light and dark, and speaks of lists only", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  await sam.add("Pay rent today !high #money");
  await expect(sam.row("Pay rent")).toBeVisible();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await sam.row("Pay rent").click();
    await expect(page.getByLabel("Add a subtask")).toBeVisible();
    await sound(sam);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Share", exact: true }).click();
    await expect(page.getByText("In this list")).toBeVisible();
    await sound(sam);
    await page.keyboard.press("Escape");
    for (const place of [
      "Today",
      "Upcoming",
      "Focus",
      "Calendar",
      "All tasks",
      "Activity",
      "Trash",
      "Settings",
    ]) {
      await page.getByRole("link", { name: new RegExp(`^${place}`) }).click();
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await sound(sam);
    }
    await page.getByRole("link", { name: /^Getting Started/ }).click();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Filter" }).click();
    await page.getByLabel("Priority", { exact: true }).selectOption("high");
    await expect(page.getByText("1 task fits")).toBeVisible();
    await sound(sam);
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await page.getByRole("button", { name: "More", exact: true }).click();
    if (colorScheme === "light") {
      await page.getByRole("menuitem", { name: "Group by aisle" }).click();
      await expect(page.getByRole("heading", { name: /^Other/ })).toBeVisible();
      await page.getByRole("button", { name: "More", exact: true }).click();
    }
    await page.getByRole("menuitem", { name: "Edit aisles" }).click();
    await page.getByLabel("Name of a new aisle").fill(`Market ${colorScheme}`);
    await page.keyboard.press("Enter");
    await expect(page.getByLabel(`Words for Market ${colorScheme}`)).toBeVisible();
    await sound(sam);
    await page.keyboard.press("Escape");
    await sound(sam);
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("dialog").getByRole("option").first()).toBeVisible();
    await sound(sam);
    await page.keyboard.press("Escape");
  }
});

test("nothing comes from elsewhere, and the page's policy is strict", async ({ someone, relay }) => {
  const sam = await someone("about:blank");
  const asked: string[] = [];
  sam.page.on("request", (request) => asked.push(request.url()));
  const answer = await sam.page.goto(relay.url);
  await sam.saved(120_000);
  expect(asked.filter((url) => !url.startsWith(relay.url) && !url.startsWith("blob:"))).toEqual([]);
  const policy = answer?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
  expect(policy).not.toContain("unsafe-inline");
});
