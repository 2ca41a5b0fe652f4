/**
 * Pictures of the main screens, light and dark, wide and on a phone, from the real app:
 * `npx playwright test -c browser/screens.config.ts`. POO_SCREENS names the folder.
 */

import { join } from "node:path";
import { type Page, test } from "./relay.ts";

const folder = process.env.POO_SCREENS ?? "test-results/screens";
const LOOKS = [
  { name: "wide-light", width: 1440, height: 900, scheme: "light" },
  { name: "wide-dark", width: 1440, height: 900, scheme: "dark" },
  { name: "phone-light", width: 390, height: 844, scheme: "light" },
  { name: "phone-dark", width: 390, height: 844, scheme: "dark" },
] as const;
/** Enough for what is small: the wide light one, and the dark phone. */
const ENDS = [LOOKS[0], LOOKS[3]];
const LONG_NOTES = `The **north wall** is damp: dry it first.

## What to buy

- 5 l of white, *matt*
- two rollers and a tray
- [tape](https://example.org/tape) for the edges

## In which order

1. Ceiling
2. Walls
3. Frames

> Two coats, a night between them.

| Room | Litres |
| --- | ---: |
| Kitchen | 5 |
| Hall | 3 |
`;

async function shot(
  page: Page,
  name: string,
  looks: readonly (typeof LOOKS)[number][] = LOOKS,
): Promise<void> {
  for (const look of looks) {
    await page.emulateMedia({ colorScheme: look.scheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width: look.width, height: look.height });
    await page.waitForTimeout(350);
    // A busy machine is still painting the other colours.
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    await page.screenshot({ path: join(folder, `${name}-${look.name}.png`) });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** The lists, where there is no room for them beside. */
async function drawer(page: Page, name: string): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Lists" }).click();
  await page.waitForTimeout(400);
  await shot(page, name, LOOKS.slice(2));
}

test("screens", async ({ someone, relay }) => {
  test.setTimeout(400_000);
  const sam = await someone();
  const { page } = sam;
  await sam.row("Check off a task").waitFor();
  await shot(page, "01-first");

  await page.keyboard.press("Shift+L");
  await page.getByLabel("Name", { exact: true }).fill("Weekend in Lisbon");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "Weekend in Lisbon" }).waitFor({ state: "attached" });
  for (const line of [
    "Water the plants every 3 days from tomorrow 9am #home",
    "Ask Ann about the house keys",
    "Buy oat milk and bread",
    "Print boarding passes friday !medium #travel",
    "Pack the suitcase tomorrow #travel",
    "Pay rent today !high #money",
  ]) {
    await sam.add(line);
    await page.waitForTimeout(150);
  }
  await sam.row("Pack the suitcase").click();
  for (const part of ["Passport", "Sunscreen", "Book"]) {
    await page.getByLabel("Add a subtask").fill(part);
    await page.getByLabel("Add a subtask").press("Enter");
    await page.waitForTimeout(150);
  }
  await page
    .getByLabel("Notes")
    .fill("Check the **weather** first.\n\n- [forecast](https://example.org)\n- umbrella?");
  await page.getByLabel("Comment").fill("Shall I bring the big bag?");
  await page.getByLabel("Comment").press("Enter");
  await page.getByText("Shall I bring the big bag?").waitFor();
  await sam.box("Passport").last().click();
  await page.waitForTimeout(400);
  await shot(page, "03-details");
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await sam.box("Buy oat milk and bread").click();
  await sam.saved();
  const link = await sam.share("Sam");
  const ann = await someone(link);
  await ann.page.getByLabel("Your name").fill("Ann");
  await shot(ann.page, "05-join");
  await ann.page.getByRole("button", { name: "Join" }).click();
  await ann.row("Pay rent").waitFor();
  await ann.row("Pay rent").click();
  await page.waitForTimeout(1_500);
  await page.getByRole("button", { name: "Done (1)" }).click();
  await page.locator("#add").fill("Call mum tomorrow at 3pm #family !high");
  await page.locator(".understood").waitFor();
  await shot(page, "02-list");
  await page.locator("#add").fill("");
  await sam.row("Pack the suitcase").click();
  await page.locator(".details .comment").waitFor();
  await page.locator(".toast").first().waitFor({ state: "hidden" });
  await page.getByRole("complementary").evaluate((panel) => panel.scrollTo(0, 0));
  await shot(page, "00-app", [LOOKS[0]]);
  await page.getByRole("button", { name: "Close", exact: true }).click();

  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByRole("button", { name: "Make a link" }).click();
  await page.locator(".qr").waitFor();
  await shot(page, "04-share");
  await page.keyboard.press("Escape");

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("pa");
  await page.getByRole("option").first().waitFor();
  await shot(page, "06-search");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await shot(page, "07-keys");
  await page.keyboard.press("Escape");

  for (const [name, hash] of [
    ["08-today", "today"],
    ["09-upcoming", "upcoming"],
    ["10-calendar", "calendar"],
    ["11-settings", "settings"],
    ["12-activity", "activity"],
    ["13-trash", "trash"],
    ["14-focus", "focus"],
  ] as const) {
    await page.goto(`${relay.url}/#/${hash}`);
    await page.waitForTimeout(500);
    await shot(page, name);
  }
  await drawer(page, "15-drawer");
});

test("screens of one list", async ({ someone, relay }) => {
  test.setTimeout(400_000);
  const sam = await someone();
  const { page } = sam;
  await page.keyboard.press("Shift+L");
  await page.getByLabel("Name", { exact: true }).fill("Groceries");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "Groceries" }).waitFor({ state: "attached" });
  for (const line of [
    "Olive oil",
    "Bananas and apples #fruit",
    "Goat cheese",
    "Sourdough bread today",
    "Oat milk !high",
    "Frozen peas",
    "A card for Ann tomorrow !high",
  ]) {
    await sam.add(line);
    await page.waitForTimeout(150);
  }
  await page.getByRole("button", { name: "More", exact: true }).click();
  await shot(page, "16-menu");
  await page.getByRole("menuitem", { name: "Group by aisle" }).click();
  await page.getByRole("heading", { name: /^Produce/ }).waitFor();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Edit aisles" }).click();
  await page.getByLabel("Name of a new aisle").fill("Farm shop");
  await page.keyboard.press("Enter");
  await page.getByLabel("Words for Farm shop").fill("goat, honey");
  await page.waitForTimeout(600);
  await shot(page, "17-own-aisles");
  await page.keyboard.press("Escape");
  await shot(page, "18-aisles");
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Filter" }).click();
  await page.getByLabel("Priority", { exact: true }).selectOption("high");
  await page.getByLabel("Due", { exact: true }).selectOption("range");
  await shot(page, "19-filter");
  await page.getByRole("button", { name: "Clear the filter" }).click();

  await sam.row("Frozen peas").focus();
  await page.keyboard.press("d");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByLabel("Your name").fill("Sam");
  await page.getByRole("button", { name: "Make a link" }).click();
  await page.locator(".qr").waitFor();
  await page.getByRole("button", { name: "Make a public link" }).click();
  await page.getByLabel("Public link").waitFor();
  await shot(page, "20-public-link");
  await page.keyboard.press("Escape");
  for (const [name, hash] of [
    ["21-all", "all"],
    ["22-focus", "focus"],
    ["23-trash", "trash"],
  ] as const) {
    await page.goto(`${relay.url}/#/${hash}`);
    await page.waitForTimeout(500);
    await shot(page, name);
  }
  await page.getByRole("link", { name: /^Groceries/ }).click();
  await sam.box("Sourdough bread").click();
  await page.getByText("That was all for today.").waitFor();
  // It goes by itself: there is time for two looks.
  await shot(page, "24-joy", ENDS);
  await page.clock.setFixedTime(Date.now() + 4 * 86_400_000);
  await page.reload();
  await page.getByRole("button", { name: "Later" }).waitFor({ timeout: 120_000 });
  await shot(page, "25-reminder");
  const side = page.getByRole("navigation", { name: "Lists" });
  await side.getByRole("button", { name: "New folder" }).click();
  await side.getByRole("textbox").fill("Household and garden");
  await side.getByRole("textbox").press("Enter");
  await side.getByRole("button", { name: "More about Groceries" }).click();
  await page.getByRole("menuitem", { name: "Move to Household" }).click();
  await drawer(page, "26-drawer");
});

test("screens of the rarer moments", async ({ someone, relay }) => {
  test.setTimeout(400_000);
  const sam = await someone();
  const { page } = sam;
  await page.goto(`${relay.url}/#/list/nowhere`);
  await page.getByRole("heading", { name: "This list is not here" }).waitFor();
  await shot(page, "30-not-here", ENDS);
  for (const [name, hash] of [
    ["31-no-upcoming", "upcoming"],
    ["31-no-trash", "trash"],
  ] as const) {
    await page.goto(`${relay.url}/#/${hash}`);
    await page.locator(".empty").waitFor();
    await shot(page, name, ENDS);
  }
  await page.keyboard.press("Shift+L");
  await page.getByRole("button", { name: /^A file/ }).waitFor();
  await shot(page, "32-new-list");
  await page.locator("dialog input[type=file]").setInputFiles({
    name: "Camping.csv",
    mimeType: "text/csv",
    buffer: Buffer.from("TYPE,CONTENT,PRIORITY,DATE\ntask,Tent,1,tomorrow\ntask,Stove,4,some day\n"),
  });
  await page.getByText(/^Imported/).waitFor();
  await shot(page, "33-imported", ENDS);
  await page.keyboard.press("Shift+L");
  await page.getByLabel("Name", { exact: true }).fill("House");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("Nothing here yet").waitFor();
  await shot(page, "34-empty-list", ENDS);

  const past = new Date(Date.now() - 120_000).toLocaleTimeString("en-GB", {
    timeZone: "Europe/Berlin",
    hour: "2-digit",
    minute: "2-digit",
  });
  await sam.add("Repaint the kitchen every 2 weeks from tomorrow 9am #home !medium");
  await sam.add("Order a skip");
  await sam.row("Order a skip").waitFor();
  await sam.row("Repaint the kitchen").click();
  await page.getByLabel("Add a reminder").selectOption("1d");
  await page.getByLabel("Add a reminder").selectOption("15m");
  await page.getByLabel("Notes").fill(LONG_NOTES);
  await page.getByLabel("Title", { exact: true }).focus();
  const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 320, height: 240 } });
  await page.locator(".details input[type=file]").setInputFiles([
    { name: "The kitchen as it is.png", mimeType: "image/png", buffer: picture },
    { name: "Offer.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n") },
  ]);
  await page.getByText("Offer.pdf").waitFor();
  await page.locator(".details .file img").waitFor();
  await sam.saved();
  await shot(page, "35-details-full");
  await page.locator(".details").evaluate((panel) => panel.scrollTo(0, panel.scrollHeight));
  await shot(page, "36-details-end");
  await page.getByRole("button", { name: "Open on a large page" }).click();
  await page.getByRole("dialog").getByLabel("Notes").waitFor();
  await shot(page, "36-notes-large");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Close", exact: true }).click();

  // Two people: who is here, who may do what, and one field that both set at once.
  const ann = await someone(await sam.share("Sam"));
  await ann.join("Ann");
  await ann.row("Order a skip").waitFor();
  await ann.saved();
  await relay.stop();
  for (const [person, title] of [
    [sam, "Order a large skip"],
    [ann, "Order a skip for Friday"],
  ] as const) {
    await person.row("Order a skip").click();
    await person.page.getByLabel("Title", { exact: true }).fill(title);
    await person.page.getByLabel("Title", { exact: true }).press("Enter");
    await person.row(title).waitFor();
  }
  await page
    .getByText(/Offline, \d/)
    .first()
    .waitFor();
  await shot(page, "37-offline");
  await relay.start();
  await page.getByText("at the same time").waitFor();
  await shot(page, "38-conflict");
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByRole("button", { name: "Who wrote this list" }).click();
  await page.getByText(/^Verified/).waitFor();
  await shot(page, "39-verified", ENDS);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByText("In this list").waitFor();
  await shot(page, "40-members");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Activity" }).click();
  await page.getByText(/added “Repaint/).waitFor();
  await shot(page, "41-activity-of-list", ENDS);
  await page.keyboard.press("Escape");
  await sam.add(`Ring the neighbour today ${past}`);
  await sam.row("Ring the neighbour").click();
  await page.getByLabel("Add a reminder").selectOption("0m");
  await page.getByText("Reminder: Ring the neighbour").waitFor();
  await shot(page, "42-reminder", ENDS);
  await page.getByRole("button", { name: "Close", exact: true }).click();

  await sam.row("Ring the neighbour").click({ modifiers: ["Shift"] });
  await sam.row("Repaint the kitchen").click();
  await shot(page, "43-batch", ENDS);
  await page.keyboard.press("Escape");
  await page.goto(`${relay.url}/#/calendar`);
  await page.getByRole("radio", { name: "Week" }).check();
  await page
    .getByRole("button", { name: /Repaint/ })
    .first()
    .waitFor();
  await shot(page, "44-calendar-week");
  await page.goto(`${relay.url}/#/settings`);
  await page.getByRole("button", { name: "Use on another device" }).click();
  await page.locator(".qr").waitFor();
  await shot(page, "45-another-device", ENDS);
  const link = await page.getByLabel("Link", { exact: true }).inputValue();
  const phone = await someone(link);
  await phone.page.getByRole("button", { name: "Use here" }).waitFor();
  await shot(phone.page, "46-use-here", ENDS);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Show the words" }).click();
  await shot(page, "47-words", ENDS);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("zebra");
  await page.getByText("Nothing found").waitFor();
  await shot(page, "48-nothing-found", ENDS);
  await page.keyboard.press("Escape");

  // Ann is out, and told so.
  await page.getByRole("link", { name: /^House/ }).click();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByRole("button", { name: "Remove Ann" }).click();
  await page.getByRole("button", { name: "Remove Ann" }).click();
  await ann.page.getByText("Your copy is kept here").waitFor();
  await ann.page.getByRole("button", { name: "Close", exact: true }).click();
  await shot(ann.page, "49-out", ENDS);
});
