/** What somebody does on an ordinary day: moving dates, doing much at once, adding from anywhere. */

import type { Page } from "@playwright/test";
import { expect, test } from "./relay.ts";

/** What the calendar says in the browser, which may be a day further than the one of this process. */
const today = () => new Date(new Date().toLocaleString("en-US", { timeZone: "Europe/Berlin" }));

/** The day of the calendar that is so many days ahead. */
const ahead = (page: Page, days: number) => {
  const date = today();
  date.setDate(date.getDate() + days);
  const [weekday, month] = (["weekday", "month"] as const).map((part) =>
    date.toLocaleDateString("en-GB", { [part]: "long" }),
  );
  const name = new RegExp(`^${weekday},? ${date.getDate()} ${month}$`);
  return page.getByRole("region", { name });
};

test("a task is dragged to another day, or brought there by keys, and keeps its time", async ({
  someone,
}) => {
  const sam = await someone();
  const { page } = sam;
  await sam.add("Dentist today at 23:30");
  await expect(sam.row("Dentist")).toBeVisible();
  await page.getByRole("link", { name: "Calendar" }).click();
  await page.getByRole("radio", { name: "Week" }).check();
  const entry = (days: number) => ahead(page, days).getByRole("button", { name: /Dentist/ });
  await expect(entry(0)).toHaveText("23:30 Dentist");
  // To the other end of the week that is shown.
  const weekday = today().getDay();
  const to = weekday === 1 ? 6 : -((weekday + 6) % 7);
  await entry(0).hover();
  await page.mouse.down();
  const box = await ahead(page, to).boundingBox();
  if (!box) throw new Error("the day is not shown");
  await page.mouse.move(box.x + box.width / 2, box.y + 200, { steps: 8 });
  await page.mouse.up();
  await expect(entry(to)).toHaveText("23:30 Dentist");
  await expect(entry(0)).toBeHidden();

  // A week on, by one key; the page turns along, and the focus stays.
  await entry(to).focus();
  await page.keyboard.press("Alt+ArrowDown");
  await expect(entry(to + 7)).toBeFocused();
  await page.keyboard.press("Control+z");
  await page.getByRole("button", { name: "Today", exact: true }).click();
  await expect(entry(to)).toHaveText("23:30 Dentist");
});

test("many tasks are done, reopened and deleted at once, and one undo takes it back", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  for (const task of ["One", "Two", "Three"]) await sam.add(task);
  await expect(sam.row("Three")).toBeVisible();
  await sam.row("One").click({ modifiers: ["Shift"] });
  await sam.row("Two").click();
  await expect(page.getByText("2 selected")).toBeVisible();
  await page.getByRole("toolbar").getByRole("button", { name: "Done" }).click();
  await expect(page.getByText("2 tasks done")).toBeVisible();
  await expect(page.getByRole("button", { name: "Done (2)" })).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(sam.row("One")).toBeVisible();
  await expect(sam.row("Two")).toBeVisible();

  await sam.row("Three").focus();
  await page.keyboard.press("v");
  await sam.row("One").click();
  await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("2 tasks moved to Trash")).toBeVisible();
  await expect(sam.row("One")).toBeHidden();
  await expect(sam.row("Three")).toBeHidden();
  await page.getByRole("link", { name: "Trash" }).click();
  await page
    .getByRole("listitem")
    .filter({ hasText: "Three" })
    .getByRole("button", { name: "Restore" })
    .click();
  await page.getByRole("link", { name: /^Getting Started/ }).click();
  await expect(sam.row("Three")).toBeVisible();
  await expect(sam.row("One")).toBeHidden();
});

test("a finger that rests on a task selects it", async ({ browser, relay }) => {
  const context = await browser.newContext({ hasTouch: true, viewport: { width: 390, height: 800 } });
  const page = await context.newPage();
  await page.goto(relay.url);
  await expect(page.locator("html")).toHaveAttribute("data-sync", "good", { timeout: 120_000 });
  const row = page.getByRole("button", { name: "Check off a task", exact: true });
  const box = await row.boundingBox();
  if (!box) throw new Error("the task is not shown");
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const session = await context.newCDPSession(page);
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  await expect(page.getByText("1 selected")).toBeVisible();
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await expect(page.getByText("1 selected")).toBeVisible();
  await expect(page.getByRole("complementary")).toBeHidden();
  await context.close();
});

test("a task that is added where it is not shown does not go without a word", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  await sam.add("Pay rent today #money");
  await expect(sam.row("Pay rent")).toBeVisible();
  await sam.row("Pay rent").focus();
  await page.keyboard.press("f");
  await page.getByLabel("Tag", { exact: true }).selectOption("money");
  await sam.add("Ask for a receipt #money");
  await expect(sam.row("Ask for a receipt")).toBeVisible();
  await expect(page.getByText("“Ask for a receipt” is added")).toBeHidden();
  await sam.add("Sweep the floor");
  await expect(page.getByText("“Sweep the floor” is added. The filter hides it.")).toBeVisible();
  await page.getByRole("button", { name: "Show all", exact: true }).click();
  await expect(sam.row("Sweep the floor")).toBeVisible();

  await page.getByRole("link", { name: /^Today/ }).click();
  await sam.add("Buy milk tomorrow");
  await expect(page.getByText("Added to Getting Started: Buy milk")).toBeVisible();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await expect(sam.row("Buy milk")).toBeVisible();
});

test("long notes are written on a large page, saved as they are typed, and Escape leads back", async ({
  someone,
}) => {
  const sam = await someone();
  const { page } = sam;
  await sam.add("Plan the garden");
  await sam.row("Plan the garden").click();
  const panel = page.getByRole("complementary", { name: "Task Plan the garden" });
  const large = page.getByRole("dialog", { name: "Plan the garden" });
  const open = page.getByRole("button", { name: "Open on a large page" });
  // There and back by keys alone. A list goes on by itself, and ends on an empty item.
  await page.getByLabel("Notes").focus();
  await page.keyboard.press("Shift+Tab");
  await expect(open).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(large.getByLabel("Notes")).toBeFocused();
  await page.keyboard.type("# Beds\n\n- roses\nbeans\n\nWater **daily**");
  await expect(large.getByLabel("Notes")).toHaveValue("# Beds\n\n- roses\n- beans\nWater **daily**");
  await expect(large.getByRole("heading", { name: "Beds" })).toBeVisible();
  await expect(large.getByRole("listitem").first()).toHaveText("roses");
  // It is saved while one types: the list behind knows that there are notes.
  await expect(page.locator("#main").getByLabel("Has notes")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(large.getByLabel("Notes")).not.toHaveValue(/daily\*\*$/);
  await page.keyboard.press("Control+Shift+z");
  await expect(large.getByLabel("Notes")).toHaveValue(/daily\*\*$/);
  await page.keyboard.type(", to the end");
  await page.keyboard.press("Escape");
  await expect(large).toBeHidden();
  await expect(open).toBeFocused();
  await expect(panel.getByRole("heading", { name: "Beds" })).toBeVisible();
  await expect(panel.getByText("Water daily, to the end")).toBeVisible();
  await sam.saved();
  await page.reload();
  await sam.saved(120_000);
  await expect(panel.getByText("Water daily, to the end")).toBeVisible();

  // A phone shows one of the two.
  await page.setViewportSize({ width: 390, height: 800 });
  await open.click();
  await expect(large.getByLabel("Notes")).toBeVisible();
  await expect(large.getByRole("region", { name: "How it looks" })).toBeHidden();
  await large.getByRole("radio", { name: "Read" }).check();
  await expect(large.getByLabel("Notes")).toBeHidden();
  await expect(large.getByRole("heading", { name: "Beds" })).toBeVisible();
});

test("a task is moved in its list by the mouse or by keys, also into another one", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  for (const task of ["Third", "Second", "First"]) {
    await sam.add(task);
    await expect(sam.row(task)).toBeVisible();
  }
  const rows = page.locator("#main [data-row]");
  const order = async (...titles: string[]) => {
    await expect(async () => {
      const all = await rows.allInnerTexts();
      expect(all.filter((title) => /First|Second|Third/.test(title))).toEqual(titles);
    }).toPass({ timeout: 15_000 });
  };
  await order("First", "Second", "Third");
  const grip = (title: string) => page.getByRole("button", { name: `Move ${title}` });
  const middle = async (title: string) => {
    const box = await grip(title).boundingBox();
    if (!box) throw new Error(`${title} is not shown`);
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const from = await middle("First");
  const to = await middle("Third");
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 8 });
  await page.mouse.up();
  await order("Second", "Third", "First");
  // Drawn to the right it becomes a part of the one above.
  const there = await middle("First");
  await page.mouse.move(there.x, there.y);
  await page.mouse.down();
  await page.mouse.move(there.x + 30, there.y, { steps: 8 });
  await page.mouse.up();
  await expect(page.getByRole("button", { name: "Subtasks of Third" })).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(page.getByRole("button", { name: "Subtasks of Third" })).toBeHidden();

  await grip("First").focus();
  await page.keyboard.press("Space");
  await expect(page.locator(".row-place.dragging")).toHaveText(/First/);
  for (let step = 0; step < 2; step += 1) {
    await page.keyboard.press("ArrowUp");
    await page.waitForTimeout(300);
  }
  await page.keyboard.press("Space");
  await order("First", "Second", "Third");
  // What was taken and let go again stays where it is.
  await grip("Second").focus();
  await page.keyboard.press("Space");
  await expect(page.locator(".row-place.dragging")).toHaveText(/Second/);
  await page.waitForTimeout(300);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Escape");
  await order("First", "Second", "Third");
  await expect(page.locator(".row-place.dragging")).toHaveCount(0);
});

test("a finger that takes a task by its grip moves it", async ({ browser, relay }) => {
  const context = await browser.newContext({ hasTouch: true, viewport: { width: 390, height: 800 } });
  const phone = await context.newPage();
  await phone.goto(relay.url);
  await expect(phone.locator("html")).toHaveAttribute("data-sync", "good", { timeout: 120_000 });
  const all = phone.locator("#main [data-row]");
  const before = await all.allInnerTexts();
  const session = await context.newCDPSession(phone);
  const touch = (type: string, at?: { x: number; y: number }) =>
    session.send("Input.dispatchTouchEvent", { type: type as "touchStart", touchPoints: at ? [at] : [] });
  const [first, last] = await Promise.all(
    [0, 2].map((at) => phone.getByRole("button", { name: `Move ${before[at]}` }).boundingBox()),
  );
  if (!first || !last) throw new Error("there are no grips");
  const at = { x: first.x + first.width / 2, y: first.y + first.height / 2 };
  await touch("touchStart", at);
  await phone.waitForTimeout(300);
  for (let step = 1; step <= 8; step += 1) {
    await touch("touchMove", { x: at.x, y: at.y + ((last.y - first.y) * step) / 8 });
  }
  await touch("touchEnd");
  await expect(all).toHaveText([before[1], before[2], before[0]].map((title) => title ?? ""));
  await context.close();
});
