/** What a list offers beyond its rows: aisles, filters, a public link, small joys, a reminder. */

import { expect, test, type } from "./relay.ts";

test("a shopping list goes by the aisles of the shop, and by one's own", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  await page.keyboard.press("Shift+L");
  await page.getByLabel("Name", { exact: true }).fill("Shop");
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("heading", { name: "Shop" })).toBeAttached();
  for (const thing of ["Milk", "Bananas", "Goat cheese", "Something odd"]) {
    await sam.add(thing);
    await expect(sam.row(thing)).toBeVisible();
  }
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Group by aisle" }).click();
  const aisles = page.locator("#main h2");
  await expect(aisles).toHaveText([/^Produce/, /^Dairy & Eggs/, /^Other/]);

  // An aisle of one's own, without the mouse.
  await page.getByRole("button", { name: "More", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Edit aisles" }).press("Enter");
  await page.getByLabel("Name of a new aisle").fill("Farm shop");
  await page.keyboard.press("Enter");
  await page.getByLabel("Words for Farm shop").fill("goat, honey");
  await page.keyboard.press("Escape");
  await expect(aisles).toHaveText([/^Farm shop/, /^Produce/, /^Dairy & Eggs/, /^Other/]);
  await expect(page.getByRole("region", { name: "Farm shop" }).locator("[data-row]")).toHaveText([
    "Goat cheese",
  ]);
  // Keys go on from one aisle to the next.
  await sam.row("Goat cheese").focus();
  await page.keyboard.press("j");
  await expect(sam.row("Bananas")).toBeFocused();

  // What somebody says outranks what the name tells.
  await sam.row("Something odd").click();
  await page.getByLabel("Aisle", { exact: true }).selectOption("Bakery");
  await expect(aisles).toHaveText([/^Farm shop/, /^Produce/, /^Bakery/, /^Dairy & Eggs/]);
});

test("a filter is in the address, is said, and goes by one action or by going back", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  for (const task of ["Pay rent today !high #money", "Call the bank #money", "Water plants tomorrow"])
    await sam.add(task);
  await expect(sam.row("Water plants")).toBeVisible();
  await sam.row("Water plants").focus();
  await page.keyboard.press("f");
  await expect(page.getByLabel("Words in the task")).toBeFocused();
  await page.getByLabel("Tag", { exact: true }).selectOption("money");
  await expect(sam.row("Water plants")).toBeHidden();
  await expect(page.getByText("2 tasks fit")).toBeVisible();
  await page.getByLabel("Priority", { exact: true }).selectOption("high");
  await expect(page.getByText("1 task fits")).toBeVisible();
  await expect(page).toHaveURL(/tag=money/);
  // A task opened from there comes back to there, also after the page was loaded anew.
  await sam.row("Pay rent").click();
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.reload();
  await sam.saved(120_000);
  await expect(sam.row("Pay rent")).toBeVisible();
  await expect(sam.row("Call the bank")).toBeHidden();

  await page.getByLabel("Priority", { exact: true }).selectOption("low");
  await expect(page.getByText("No task fits the filter")).toBeVisible();
  await page.goBack();
  await expect(sam.row("Pay rent")).toBeVisible();
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await expect(sam.row("Water plants")).toBeVisible();

  await page.getByRole("link", { name: "All tasks" }).click();
  await page.getByLabel("Due", { exact: true }).selectOption("today");
  await expect(sam.row("Pay rent")).toBeVisible();
  await expect(sam.row("Water plants")).toBeHidden();
  await page.getByLabel("Due", { exact: true }).selectOption("");
  await page.getByLabel("Words in the task").fill("plan");
  await expect(sam.row("Water plants")).toBeVisible();
  await expect(sam.row("Pay rent")).toBeHidden();
  await page.keyboard.press("Escape");
  await expect(sam.row("Pay rent")).toBeVisible();
});

test("a public link lets everybody look, until it is taken back; so do invites end", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  await sam.add("For all eyes");
  await sam.saved();
  await sam.share("Sam");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByRole("button", { name: "Make a public link" }).click();
  const link = await page.getByLabel("Public link").inputValue();
  // The invite that nobody used is there, too, and can be taken back.
  await expect(page.getByText("Waiting for an answer")).toBeVisible();
  await page.getByRole("button", { name: "Take back" }).click();
  await expect(page.getByText("Waiting for an answer")).toBeHidden();
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await sam.saved();

  const ann = await someone(link);
  await ann.join("Ann");
  await expect(ann.row("For all eyes")).toBeVisible();
  await expect(ann.page.locator("#add")).toBeHidden();

  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.getByText("One person came by it.")).toBeVisible();
  await page.getByRole("button", { name: "Take the link back" }).click();
  await page.getByRole("button", { name: "Yes, and who came by it is out" }).click();
  await expect(page.getByRole("button", { name: "Make a public link" })).toBeVisible();
  await expect(ann.page.getByText("Your copy is kept here, as it was.")).toBeVisible();
});

test("a cleared day is celebrated once, in nobody's way", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  await sam.add("First today");
  await sam.add("Undated");
  await sam.add("Second today");
  await expect(sam.row("First")).toBeVisible();
  await expect(sam.row("Second")).toBeVisible();
  const joy = page.getByText("That was all for today.");
  await sam.box("First").click();
  await expect(page.getByText("Done: First")).toBeVisible();
  await sam.box("Undated").click();
  await expect(page.getByText("Done: Undated")).toBeVisible();
  await expect(joy).toBeHidden();
  await sam.box("Second").click();
  await expect(joy).toBeVisible();
  expect(await page.locator(".joy-place").evaluate((place) => getComputedStyle(place).pointerEvents)).toBe(
    "none",
  );
  await expect(joy).toBeHidden();
  await sam.add("Third today");
  await sam.box("Third").click();
  await expect(page.getByText("Done: Third")).toBeVisible();
  await expect(joy).toBeHidden();
});

test("three days in a row are celebrated, on the third", async ({ browser, relay }) => {
  // The engine's clock goes on by a day with each start. A worker that keeps the app would not ask.
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  let days = -2;
  await context.route(/assets\/worker-[^/]*\.js$/, async (route) => {
    const answer = await route.fetch();
    const clock = `{ const real = Date.now; Date.now = () => real() + ${days * 86_400_000}; }\n`;
    await route.fulfill({ response: answer, body: clock + (await answer.text()) });
  });
  const joy = page.getByText("3 days in a row. Well done!");
  for (; days <= 0; days += 1) {
    await page.clock.setFixedTime(Date.now() + days * 86_400_000);
    await page.goto("about:blank");
    await page.goto(relay.url);
    await page.locator("#main [data-row]").first().waitFor({ timeout: 120_000 });
    for (const which of ["first", "second"]) {
      const task = `The ${which} of ${days}`;
      await type(page, task);
      await page.getByRole("checkbox", { name: `Complete ${task}` }).click();
      await expect(page.getByText(`Done: ${task}`)).toBeVisible();
      if (days < 0) await expect(joy).toBeHidden();
      else if (which === "first") await expect(joy).toBeVisible();
    }
  }
  await page.getByRole("link", { name: /^Today/ }).click();
  await expect(page.getByText("3 days in a row", { exact: true })).toBeVisible();
  await context.close();
});

test("one is reminded of the recovery phrase by the way, and can put it off", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  await sam.add("Today is fine");
  const reminder = page.getByRole("complementary", { name: "Keep your lists safe" });
  await expect(reminder).toBeHidden();
  await page.clock.setFixedTime(Date.now() + 4 * 86_400_000);
  await page.reload();
  await sam.saved(120_000);
  await expect(reminder).toBeVisible();
  await reminder.getByRole("button", { name: "Later" }).click();
  await expect(reminder).toBeHidden();
  await page.reload();
  await sam.saved(120_000);
  await expect(sam.row("Check off a task")).toBeVisible();
  await expect(reminder).toBeHidden();
});
