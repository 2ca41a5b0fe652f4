/** What somebody does on an ordinary day: moving dates, doing much at once, adding from anywhere. */

import type { Page } from "@playwright/test";
import { expect, test } from "./relay.ts";

/** The day of the calendar that is so many days ahead. */
const ahead = (page: Page, days: number) => {
  const date = new Date();
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
  const to = new Date().getDay() === 1 ? 6 : -((new Date().getDay() + 6) % 7);
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
