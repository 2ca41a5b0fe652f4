/** What people do together: a list in two browsers, and in a terminal. */

import { expect, type Page, test, two, type } from "./relay.ts";

test("two browsers share a list by a link and see each other's edits, also those made offline", async ({
  someone,
}) => {
  const sam = await someone();
  await sam.add("Milk");
  await expect(sam.row("Milk")).toBeVisible();
  await sam.saved();
  const link = await sam.share("Sam");

  const ann = await someone(link);
  await ann.join("Ann");
  await expect(ann.row("Milk")).toBeVisible();
  await expect(ann.page).not.toHaveURL(/join/);
  await ann.add("Eggs");
  await expect(sam.row("Eggs")).toBeVisible();
  await sam.box("Milk").click();
  await expect(ann.page.getByRole("button", { name: "Done (1)" })).toBeVisible();
  // Each sees that the other is here.
  await expect(sam.page.locator(".avatar.live").first()).toBeVisible();

  await sam.offline(true);
  await ann.offline(true);
  await sam.add("Sam was away");
  await ann.add("Ann was away");
  await expect(sam.row("Sam was away")).toBeVisible();
  await expect(ann.row("Ann was away")).toBeVisible();
  await sam.offline(false);
  await ann.offline(false);
  await expect(sam.row("Ann was away")).toBeVisible();
  await expect(ann.row("Sam was away")).toBeVisible();
});

test("where two set one thing at once, the other's word is offered, and can be taken", async ({
  someone,
}) => {
  const { sam, ann } = await two(someone, "Buy bread");

  await sam.offline(true);
  await ann.offline(true);
  for (const [person, title] of [
    [sam, "Buy rye bread"],
    [ann, "Buy two loaves"],
  ] as const) {
    await person.row("Buy bread").click();
    await person.page.getByLabel("Title", { exact: true }).fill(title);
    await person.page.getByLabel("Title", { exact: true }).press("Enter");
    await expect(person.row(title)).toBeVisible();
  }
  await sam.offline(false);
  await ann.offline(false);
  // Both see the same title, and beside it what the other one wrote.
  const offer = (person: typeof sam) =>
    person.page.getByRole("listitem").filter({ hasText: "at the same time" });
  await expect(offer(sam)).toBeVisible();
  await expect(offer(ann)).toBeVisible();
  const title = await sam.page.getByLabel("Title", { exact: true }).inputValue();
  await expect(ann.page.getByLabel("Title", { exact: true })).toHaveValue(title);
  const [lost, whose] = title === "Buy rye bread" ? ["Buy two loaves", "Ann"] : ["Buy rye bread", "You"];
  await expect(offer(sam)).toContainText(`${whose} set the title to ${lost} at the same time.`);
  await expect(sam.page.getByRole("img", { name: "Two people changed this at once" })).toBeVisible();

  await offer(sam).getByRole("button", { name: "Use that" }).click();
  for (const person of [sam, ann]) {
    await expect(person.page.getByLabel("Title", { exact: true })).toHaveValue(lost);
    await expect(offer(person)).toBeHidden();
  }
});

test("who is removed keeps a copy and is told so", async ({ someone }) => {
  const { sam, ann } = await two(someone, "Secret plan");

  await sam.page.getByRole("button", { name: "Share", exact: true }).click();
  await sam.page.getByRole("button", { name: "Remove Ann" }).click();
  await sam.page.getByRole("button", { name: "Remove Ann" }).click();
  await expect(ann.page.getByText("Sam removed you from this list. Your copy is kept here")).toBeVisible();
  await expect(ann.row("Secret plan")).toBeVisible();
  await expect(ann.page.locator("#add")).toBeHidden();
  await expect(ann.page.getByRole("button", { name: "Share", exact: true })).toBeHidden();
  // Nothing of hers was refused, and the copy is found again from elsewhere.
  await ann.saved();
  await ann.page.getByRole("link", { name: "Trash" }).click();
  const copies = ann.page.locator("section").filter({ hasText: "Kept copies (1)" });
  await copies.getByRole("link", { name: /^Getting Started/ }).click();
  await expect(ann.row("Secret plan")).toBeVisible();
});

test("a browser and a terminal work on one list", async ({ someone, relay }) => {
  const sam = await someone();
  await sam.add("From the browser");
  await sam.saved();
  const link = await sam.share("Sam");
  relay.poo("ann", "init", "--name", "Ann");
  relay.poo("ann", "join", link);
  expect(relay.poo("ann", "task", "list")).toContain("From the browser");
  relay.poo("ann", "task", "create", "From the terminal", "--list", "Getting Started");
  relay.poo("ann", "sync");
  await expect(sam.row("From the terminal")).toBeVisible();
});

test("another device of the same person shows the same lists", async ({ someone, relay }) => {
  const sam = await someone();
  await sam.add("On every device");
  await sam.saved();
  await sam.page.getByRole("link", { name: "Settings" }).click();
  await sam.page.getByRole("button", { name: "Use on another device" }).click();
  const link = await sam.page.getByLabel("Link", { exact: true }).inputValue();

  const phone = await someone(link);
  await phone.page.getByRole("button", { name: "Use here" }).click();
  await expect(phone.row("On every device")).toBeVisible();
  await phone.add("From the phone");
  await sam.page.getByRole("button", { name: "Close", exact: true }).click();
  await sam.page.getByRole("link", { name: /Getting Started/ }).click();
  await expect(sam.row("From the phone")).toBeVisible();

  // A terminal of the same person, by another link.
  await sam.page.getByRole("link", { name: "Settings" }).click();
  await sam.page.getByRole("button", { name: "Use on another device" }).click();
  const again = await sam.page.getByLabel("Link", { exact: true }).inputValue();
  relay.poo("laptop", "device", "join", again, "--name", "Laptop");
  relay.poo("laptop", "sync");
  expect(relay.poo("laptop", "task", "list")).toContain("From the phone");
});

test("what somebody writes into a task that another one deletes is kept, and the trash says so", async ({
  someone,
}) => {
  const { sam, ann } = await two(someone, "Buy bread", "Buy milk");

  await ann.offline(true);
  for (const task of ["Buy bread", "Buy milk"]) {
    await sam.row(task).focus();
    await sam.page.keyboard.press("d");
    await expect(sam.row(task)).toBeHidden();
  }
  await ann.row("Buy bread").click();
  await ann.page.getByLabel("Notes").fill("The dark one, sliced");
  await ann.page.getByLabel("Title", { exact: true }).focus();
  await ann.offline(false);
  await ann.saved();

  await sam.page.getByRole("link", { name: "Trash" }).click();
  const row = (task: string) => sam.page.getByRole("listitem").filter({ hasText: task });
  await expect(row("Buy bread")).toContainText("Ann changed it since: that is kept");
  await expect(row("Buy milk")).toBeVisible();
  await expect(row("Buy milk")).not.toContainText("changed it since");
  await row("Buy bread").getByRole("button", { name: "Restore" }).click();
  await sam.page.getByRole("link", { name: /^Getting Started/ }).click();
  await sam.row("Buy bread").click();
  await expect(sam.page.getByText("The dark one, sliced")).toBeVisible();
});

test("who has a list open is seen there, and no longer when they go, however that is", async ({
  someone,
}) => {
  test.setTimeout(300_000);
  const { sam, ann } = await two(someone, "Paint the fence");
  const here = sam.page.getByRole("img", { name: "Ann is here" });
  const comes = async (page: Page) => {
    await page.goto(sam.page.url());
    await page.getByRole("button", { name: "Paint the fence", exact: true }).click();
    await expect(here.first()).toBeVisible();
  };
  await comes(ann.page);
  await ann.page.getByRole("link", { name: "Today" }).click();
  await expect(here).toHaveCount(0);

  // Of two tabs the one that stays is where they are.
  await comes(ann.page);
  const second = await ann.context.newPage();
  ann.watch(second);
  await comes(second);
  await ann.page.close();
  await type(second, "The gate as well");
  await expect(sam.row("The gate as well")).toBeVisible();
  await expect(here.first()).toBeVisible();

  // Who says nothing any longer is gone after a minute and a half.
  const session = await ann.context.newCDPSession(second);
  const crashed = second.waitForEvent("crash");
  session.send("Page.crash").catch(() => {});
  await crashed;
  await expect(here).toHaveCount(0, { timeout: 120_000 });
});

test("a server for invited people only is set up by its link, and keeps nobody else's lists", async ({
  relay,
  someone,
}) => {
  await relay.stop();
  await relay.start("--admission", "invite");
  const link = /^https?:\S+\/setup#\S+/m.exec(relay.greeting)?.[0] ?? "";
  expect(link).toContain("/setup#");

  const sam = await someone("about:blank");
  await sam.page.goto(link);
  await expect(sam.page.getByRole("heading", { name: "Set up this server" })).toBeVisible();
  await sam.page.getByRole("button", { name: "Set up" }).click();
  await expect(sam.page.getByText("This server keeps your lists now")).toBeVisible({ timeout: 120_000 });
  await expect(sam.page).not.toHaveURL(/setup/);
  await sam.page.keyboard.press("Shift+L");
  await sam.page.getByLabel("Name", { exact: true }).fill("Groceries");
  // Twice: a second one is not asked for.
  await sam.page.getByLabel("Name", { exact: true }).evaluate((field) => {
    for (let n = 0; n < 2; n++) field.closest("form")?.requestSubmit();
  });
  await expect(sam.page.getByRole("heading", { name: "Groceries", level: 1 })).toBeAttached();
  await expect(sam.page.getByRole("link", { name: /^Groceries/ })).toHaveCount(1);
  await sam.add("Milk");
  await expect(sam.row("Milk")).toBeVisible();
  await sam.saved(60_000);

  // Whom Sam invites is let in; the link itself sets up nothing twice.
  const ann = await someone("about:blank");
  await ann.page.goto(await sam.share("Sam"));
  await ann.join("Ann");
  await expect(ann.row("Milk")).toBeVisible({ timeout: 120_000 });
  const eve = await someone("about:blank");
  await eve.page.goto(link);
  await eve.page.getByRole("button", { name: "Set up" }).click();
  await expect(eve.page.getByRole("alert")).toBeVisible({ timeout: 120_000 });
});
