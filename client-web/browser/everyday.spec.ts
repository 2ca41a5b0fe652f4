/** All that can be said of a task and of a list, by what the screen offers. */

import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, type Person, PLACES, test, two } from "./relay.ts";

const menu = async (page: Page, item: string | RegExp) => {
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: item }).click();
};

test("a task has parts, a date, a rule, a tag, a link and what was said about it", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  await sam.add("Plan the trip");
  await sam.row("Plan the trip").click();
  const panel = page.locator(".details");
  for (const part of ["Book a train", "Pack"]) {
    await page.getByLabel("Add a subtask").fill(part);
    await page.getByLabel("Add a subtask").press("Enter");
    await expect(panel.getByRole("button", { name: part, exact: true })).toBeVisible();
  }
  await panel.getByRole("checkbox", { name: "Complete Pack" }).click();
  await expect(panel.getByRole("heading", { name: "Subtasks" })).toContainText("1/2");

  await panel.getByLabel("Add a tag").fill("travel");
  await panel.getByLabel("Add a tag").press("Enter");
  await expect(panel.getByRole("button", { name: "Remove the tag travel" })).toBeVisible();
  const tag = panel.locator(".chip.tag");
  const plain = await tag.getAttribute("style");
  await panel.getByTitle("Another colour").click();
  await expect.poll(() => tag.getAttribute("style")).not.toBe(plain);
  await panel.getByLabel("Link").fill("https://example.org/trains");
  await panel.getByLabel("Comment").fill("Not **before** noon");
  await panel.getByLabel("Comment").press("Enter");
  await expect(panel.locator(".comment strong")).toHaveText("before");
  await expect(panel.getByRole("link", { name: "Open" })).toHaveAttribute(
    "href",
    "https://example.org/trains",
  );

  // A rule begins with a date, and completing goes on to the next one.
  await panel.getByRole("button", { name: "Tomorrow", exact: true }).click();
  const due = panel.getByLabel("Due date", { exact: true });
  await expect(due).toHaveValue(/^\d{4}-\d\d-\d\d$/);
  const first = new Date(await due.inputValue());
  await panel.getByLabel("Repeat", { exact: true }).selectOption("Every week");
  await panel.getByLabel("Every", { exact: true }).fill("2");
  await expect(panel.getByLabel("Repeat", { exact: true })).toHaveValue(/INTERVAL=2/);
  await panel.getByRole("checkbox", { name: "Complete Plan the trip" }).click();
  first.setUTCDate(first.getUTCDate() + 14);
  await expect(due).toHaveValue(first.toISOString().slice(0, 10));

  await page.reload();
  await expect(due).toHaveValue(first.toISOString().slice(0, 10));
  await expect(panel.locator(".comment strong")).toHaveText("before");
});

/** Makes a task that reminds of itself a minute ago, where the browser is. */
async function remind(sam: Person, title: string): Promise<void> {
  const { page } = sam;
  await sam.add(title);
  await sam.row(title).click();
  const [day, time] = await page.evaluate(() => {
    const past = new Date(Date.now() - 60_000);
    const two = (part: number) => String(part).padStart(2, "0");
    return [
      `${past.getFullYear()}-${two(past.getMonth() + 1)}-${two(past.getDate())}`,
      `${two(past.getHours())}:${two(past.getMinutes())}`,
    ] as const;
  });
  await page.getByLabel("Due date", { exact: true }).fill(day);
  await page.getByLabel("Due time").fill(time);
  await page.getByLabel("Add a reminder").selectOption("0m");
}

test("a reminder is told while the app is open, and says that it has to be", async ({ someone }) => {
  const sam = await someone();
  await remind(sam, "Ring the neighbour");
  await expect(sam.page.getByText("Reminders appear while Poo App is open in this browser.")).toBeVisible();
  await expect(sam.page.getByText("Reminder: Ring the neighbour")).toBeVisible();
});

test("behind other windows a reminder is a notification of the system, once, and opens its task", async ({
  someone,
  relay,
}) => {
  const sam = await someone("about:blank");
  const { page, context } = sam;
  await context.grantPermissions(["notifications"], { origin: relay.url });
  await page.addInitScript(() => {
    const told: Notification[] = [];
    Object.assign(globalThis, { told });
    // The real one, written down.
    globalThis.Notification = class extends Notification {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options);
        told.push(this);
      }
    };
    // No page of this browser is ever behind another.
    Object.defineProperty(Document.prototype, "hidden", { get: () => true });
  });
  await page.goto(relay.url);
  await sam.saved(120_000);
  await remind(sam, "Ring the neighbour");
  const told = () =>
    page.evaluate(() => (globalThis as unknown as { told: Notification[] }).told.map((one) => one.title));
  await expect.poll(told).toEqual(["Ring the neighbour"]);
  await expect(page.getByText("Reminder: Ring the neighbour")).toBeHidden();
  const task = page.url();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.evaluate(() => {
    (globalThis as unknown as { told: Notification[] }).told[0]?.dispatchEvent(new Event("click"));
  });
  await expect(page).toHaveURL(task);
  await page.reload();
  await sam.saved(60_000);
  await page.getByRole("button", { name: "Ring the neighbour", exact: true }).waitFor();
  expect(await told()).toEqual([]);
});

test("a task is for somebody, and its fields are saved each by itself", async ({ someone }) => {
  const { sam, ann } = await two(someone, "Paint the door");
  for (const person of [sam, ann]) await person.row("Paint the door").click();

  await sam.page.getByLabel("For whom").selectOption({ label: "Ann" });
  await expect(ann.page.getByLabel("For whom")).toHaveValue(/^did:key:/);
  await expect(ann.page.locator("[data-row]").filter({ hasText: "Paint the door" })).toBeVisible();

  // Apart from one another: neither takes away what the other one set.
  await sam.offline(true);
  await ann.offline(true);
  await sam.page.getByRole("radio", { name: "High" }).click();
  await ann.page.getByLabel("Notes").fill("Two coats");
  await ann.page.getByLabel("Title", { exact: true }).focus();
  await sam.offline(false);
  await ann.offline(false);
  for (const { page } of [sam, ann]) {
    await expect(page.getByText("Two coats")).toBeVisible();
    await expect(page.getByRole("radio", { name: "High" })).toBeChecked();
    await expect(page.getByText("at the same time")).toBeHidden();
  }

  await sam.page.getByRole("button", { name: "Close", exact: true }).click();
  await menu(sam.page, "Activity");
  await expect(sam.page.getByRole("dialog").getByText(/changed the notes of “Paint the door”/)).toBeVisible();
  await sam.page.keyboard.press("Escape");
  // Who may only look has no line to write in.
  await sam.page.getByRole("button", { name: "Share", exact: true }).click();
  await sam.page.getByLabel("What Ann may do").selectOption("viewer");
  await expect(ann.page.locator("#add")).toBeHidden();
});

test("lists are favourites, in folders, archived, and deleted with a way back", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  const lists = page.getByRole("navigation", { name: "Lists" });
  const part = (name: string) =>
    lists.locator("section").filter({ has: page.getByRole("heading", { name }) });
  await menu(page, "Add to favourites");
  await expect(part("Favourites").getByRole("link", { name: /^Getting Started/ })).toBeVisible();
  await menu(page, "Remove from favourites");
  await expect(part("Favourites")).toBeHidden();

  await lists.getByRole("button", { name: "New folder" }).click();
  await lists.getByRole("textbox").fill("Home");
  await lists.getByRole("textbox").press("Enter");
  await lists.getByRole("button", { name: "More about Getting Started" }).click();
  await page.getByRole("menuitem", { name: "Move to Home" }).click();
  await expect(part("Home").getByRole("link", { name: /^Getting Started/ })).toBeVisible();

  await menu(page, "Archive");
  await lists.getByRole("button", { name: "Archive (1)" }).click();
  await expect(part("Archive (1)").getByRole("link", { name: /^Getting Started/ })).toBeVisible();
  await menu(page, "Bring back from archive");
  await expect(part("Archive (1)")).toBeHidden();

  await menu(page, "Delete list");
  await expect(page.getByText("Deleted: Getting Started")).toBeVisible();
  await lists.getByRole("link", { name: "Trash" }).click();
  await page.getByRole("button", { name: "Restore" }).click();
  await expect(lists.getByRole("link", { name: /^Getting Started/ })).toBeVisible();
});

test("a list comes from a template, becomes one, goes out as a file and comes in again", async ({
  someone,
}) => {
  const sam = await someone();
  const { page } = sam;
  await page.keyboard.press("Shift+L");
  await page.getByRole("button", { name: /^Packing Checklist/ }).click();
  await expect(page.getByRole("heading", { name: "Packing Checklist", level: 1 })).toBeAttached();
  const count = page.locator(".head-count");
  await expect(count).toHaveText(/^0\/\d+$/);
  await sam.add("A thing of one's own !high #odd tomorrow");
  await expect(sam.row("A thing of one's own")).toBeVisible();
  await menu(page, "Save as template");
  await expect(page.getByText("Saved as a template")).toBeVisible();
  const exported = async (format: string) => {
    const [download] = await Promise.all([page.waitForEvent("download"), menu(page, format)]);
    return download.path();
  };
  const file = await exported("Export everything");
  expect(readFileSync(await exported("Export as Markdown"), "utf8")).toMatch(
    /^- \[ \] A thing of one's own/m,
  );
  const calendar = readFileSync(await exported("Export for calendars"), "utf8");
  expect(calendar).toMatch(/^BEGIN:VCALENDAR\r\n/);
  expect(calendar).toContain("SUMMARY:A thing of one's own\r\n");
  const whole = await count.textContent();

  const before = page.url();
  await menu(page, "Duplicate");
  await expect.poll(() => page.url()).not.toBe(before);
  await expect(count).toHaveText(whole ?? "");
  await expect(sam.row("A thing of one's own")).toBeVisible();

  await page.keyboard.press("Shift+L");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("");
  // The program's own and this person's.
  await expect(page.getByRole("button", { name: /^Packing Checklist/ })).toHaveCount(2);
  await page.getByLabel("Name", { exact: true }).fill("Back again");
  await page.locator("dialog input[type=file]").setInputFiles({
    name: "list.json",
    mimeType: "application/json",
    buffer: readFileSync(file),
  });
  await expect(page.getByRole("heading", { name: "Back again", level: 1 })).toBeAttached();
  await expect(count).toHaveText(whole ?? "");
  await expect(page.locator("[data-row]").filter({ hasText: "A thing of one's own" })).toBeVisible();
});

test("everything is found from everywhere, and dark stays dark", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  await sam.add("Cancel the gym");
  await sam.row("Cancel the gym").click();
  await page.getByLabel("Notes").fill("The contract is in the blue folder");
  await page.getByLabel("Title", { exact: true }).focus();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("radio", { name: "Dark" }).click();
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await expect.poll(paper).toBe("rgb(23, 22, 28)");
  await page.reload();
  await expect.poll(paper).toBe("rgb(23, 22, 28)");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("blue fold");
  await expect(page.getByRole("option", { name: /Cancel the gym/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Title", { exact: true })).toHaveValue("Cancel the gym");
});

test("on a phone everything fits, and the lists are in a drawer", async ({ browser, relay }) => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  await page.goto(relay.url);
  await expect(page.locator("html")).toHaveAttribute("data-sync", "good", { timeout: 120_000 });
  const fits = async () => {
    const [room, need] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
    expect(need).toBeLessThanOrEqual(room ?? 0);
  };
  await page.locator("#add").fill("A task with a rather long name that has to go on in the next line !high");
  await page.locator("#add").press("Enter");
  await page.getByRole("button", { name: /^A task with a rather long name/ }).click();
  await expect(page.getByLabel("Add a subtask")).toBeVisible();
  await fits();
  await page.getByRole("button", { name: "Close", exact: true }).click();
  for (const place of PLACES) {
    await page.getByRole("button", { name: "Lists" }).click();
    await page.getByRole("link", { name: new RegExp(`^${place}`) }).click();
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    // The drawer is gone with the choice.
    await expect(page.getByRole("button", { name: "Lists" })).toBeVisible();
    await fits();
  }
  await context.close();
});
