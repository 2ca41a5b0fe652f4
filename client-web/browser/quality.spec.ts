/** What holds for every screen: it can be used without a mouse or eyes, and says nothing strange. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type Axe from "axe-core";
import { expect, type Page, type Person, PLACES, test } from "./relay.ts";

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
const STRANGE = [
  /\b(agents?|missions?|heartbeats?|webhooks?|apis?|key ?pairs?|crdts?|peers?|relays?|opfs|wasm|webassembly|automerge|sqlite|protocols?)\b/i,
  // As a word it is an everyday one.
  /\bDIDs?\b|did:key/,
];

function speaksOfListsOnly(said: string): void {
  for (const word of STRANGE) expect(said).not.toMatch(word);
}

/** All that a page says, aloud or to the eye. */
async function words(page: Page): Promise<string> {
  return page.evaluate(() => {
    // biome-ignore lint/performance/useDomNodeTextContent: only this leaves out what is not shown
    const said = [document.title, document.body.innerText];
    for (const element of document.querySelectorAll("*")) {
      for (const name of ["aria-label", "title", "placeholder", "alt"])
        said.push(element.getAttribute(name) ?? "");
    }
    return said.join("\n");
  });
}

async function sound(person: Person): Promise<void> {
  expect(await faults(person.page)).toEqual([]);
  speaksOfListsOnly(await words(person.page));
}

test("who has no agents makes, changes and completes tasks as ever: nothing more is asked, nothing is said of agents", async ({
  someone,
}) => {
  const sam = await someone();
  const { page } = sam;
  const nothingNew = async () => {
    speaksOfListsOnly(await words(page));
    // What has to be filled in is in no form.
    expect(await page.locator(":required, [aria-required=true]").count()).toBe(0);
  };
  await nothingNew();
  // A list takes a name, a task a title, and nothing else.
  await page.keyboard.press("Shift+L");
  await nothingNew();
  await page.getByLabel("Name", { exact: true }).fill("Home");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Home", exact: true })).toBeAttached();
  await sam.add("Fix the tap");
  await expect(sam.row("Fix the tap")).toBeVisible();
  await sam.row("Fix the tap").click();
  await expect(page.getByLabel("Add a subtask")).toBeVisible();
  // Nobody else is in the list, so nobody is offered to do it.
  await expect(page.getByLabel("For whom")).toBeHidden();
  await nothingNew();
  await page.getByLabel("Title", { exact: true }).fill("Fix the kitchen tap");
  await page.getByLabel("Title", { exact: true }).press("Enter");
  await expect(sam.row("Fix the kitchen tap")).toBeVisible();
  await page.getByRole("button", { name: "More about this task" }).click();
  await nothingNew();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await nothingNew();
  await page.getByRole("menuitem", { name: "Check history" }).click();
  await expect(page.getByText(/^Verified/)).toBeVisible();
  await nothingNew();
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await expect(page.getByRole("heading", { name: "Anywhere" })).toBeVisible();
  await nothingNew();
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Use on another device" }).click();
  await expect(page.getByLabel("Link", { exact: true })).toBeVisible();
  await nothingNew();
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: /^Home/ }).click();
  await sam.box("Fix the kitchen tap").click();
  await expect(page.getByText("Done: Fix the kitchen tap")).toBeVisible();
  await nothingNew();
  await page.getByRole("link", { name: "Activity" }).click();
  await expect(page.getByText(/completed “Fix the kitchen tap”/)).toBeVisible();
  await nothingNew();
});

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
    for (const place of PLACES) {
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

test("on a phone, too, every screen is accessible", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  await page.setViewportSize({ width: 360, height: 740 });
  await sam.add("Pay rent today !high #money");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await sam.row("Pay rent").click();
    await expect(page.getByLabel("Add a subtask")).toBeVisible();
    await sound(sam);
    await page.getByRole("button", { name: "Close", exact: true }).click();
    for (const place of [...PLACES, "Getting Started"]) {
      await page.getByRole("button", { name: "Lists" }).click();
      const link = page.getByRole("link", { name: new RegExp(`^${place}`) });
      await expect(link).toBeVisible();
      if (place === PLACES[0]) await sound(sam);
      await link.click();
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await sound(sam);
    }
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
