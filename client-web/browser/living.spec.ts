/** What an app meets that is there for years: new versions, other paths, lost devices. */

import { expect, type Person, test } from "./relay.ts";

const settle = async (person: Person) => {
  await person.saved(120_000);
  await person.page.evaluate(() => navigator.serviceWorker.ready);
};

test("a new version is offered, not forced, and what is being typed stays", async ({ someone, behind }) => {
  const { front, url } = await behind("/");
  const sam = await someone("about:blank");
  const { page } = sam;
  await page.goto(url);
  await settle(sam);
  // The first version has the page from the next load on.
  await page.reload();
  await settle(sam);
  await sam.add("Before the update");
  await page.locator("#add").fill("Half a tho");

  front.alter = (path, text) =>
    path === "/sw.js"
      ? text.replace(/poo-\$\{?|`poo-/, (found) => found.replace("poo-", "poo-next-"))
      : path === "/index.html"
        ? text.replace("<title>Poo App</title>", "<title>Poo App, the next</title>")
        : text;
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  await expect(page.getByText("There is a new version")).toBeVisible();
  await expect(page).toHaveTitle("Poo App");
  await expect(page.locator("#add")).toHaveValue("Half a tho");

  await page.getByRole("button", { name: "Use it" }).click();
  await expect(page).toHaveTitle("Poo App, the next");
  await settle(sam);
  await expect(sam.row("Before the update")).toBeVisible();
  await expect(page.locator("#add")).toHaveValue("Half a tho");
});

test("the app lives below a path: lists, links and offline starts", async ({ someone, behind, relay }) => {
  const { front, url } = await behind("/apps/poo/");
  const sam = await someone("about:blank");
  await sam.page.goto(url);
  await settle(sam);
  await sam.add("Below a path");
  await expect(sam.row("Below a path")).toBeVisible();
  await sam.saved();
  const link = await sam.share("Sam");
  expect(link).toContain("/apps/poo/join#");

  const ann = await someone("about:blank");
  await ann.page.goto(link);
  await ann.saved(120_000);
  await ann.join("Ann");
  await expect(ann.row("Below a path")).toBeVisible();
  await expect(ann.page).toHaveURL(new RegExp(`^${url}#/list/`));

  await front.stop();
  await relay.stop();
  await sam.page.reload();
  await expect(sam.row("Below a path")).toBeVisible({ timeout: 120_000 });
});

test("a browser that keeps no files says so, and still syncs what is written", async ({
  someone,
  behind,
}) => {
  const { front, url } = await behind("/");
  const sam = await someone(url);
  await sam.add("From a browser that keeps");
  await expect(sam.row("From a browser that keeps")).toBeVisible();
  await sam.saved();
  const link = await sam.share("Sam");

  // As in a private window of some browsers.
  front.alter = (path, text) =>
    /assets\/worker-[^/]*\.js$/.test(path)
      ? `delete FileSystemFileHandle.prototype.createSyncAccessHandle;${text}`
      : text;
  const ann = await someone("about:blank");
  const { page } = ann;
  await page.goto(link);
  await ann.join("Ann");
  await expect(ann.row("From a browser that keeps")).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole("alert").filter({ hasText: "does not keep your lists" })).toBeVisible();
  await expect(page.getByText("Not kept in this browser").first()).toBeVisible();
  await ann.add("From one that does not");
  await expect(sam.row("From one that does not")).toBeVisible();
});

test("who lost a device gets the lists back with 24 words, in another browser", async ({ someone }) => {
  const sam = await someone();
  await sam.add("Not lost");
  await expect(sam.row("Not lost")).toBeVisible();
  await sam.saved();
  await sam.page.getByRole("link", { name: "Settings" }).click();
  await sam.page.getByRole("button", { name: "Show the words" }).click();
  const words = await sam.page.locator(".phrase li").allInnerTexts();
  expect(words).toHaveLength(24);
  await sam.page.close();

  const again = await someone();
  await again.page.getByRole("link", { name: "Settings" }).click();
  await again.page.getByRole("button", { name: "I have words from before" }).click();
  const field = again.page.getByLabel("Your 24 words");
  await field.fill([...words.slice(1), words[0]].join(" "));
  await again.page.getByRole("button", { name: "Get them back" }).click();
  await expect(again.page.getByRole("alert")).toBeVisible();
  await field.fill(words.join(" "));
  await again.page.getByRole("button", { name: "Get them back" }).click();
  await again.saved(120_000);
  await again.page.getByRole("link", { name: /^Getting Started/ }).click();
  await expect(again.row("Not lost")).toBeVisible();
  await again.add("And goes on");
  await expect(again.row("And goes on")).toBeVisible();
  await again.saved();
});
