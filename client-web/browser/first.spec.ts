/** What one person meets first: typing, coming back, being offline. */

import { expect, test } from "./relay.ts";

test("open the page, type, Enter: there is a task, kept and offline too", async ({ someone, relay }) => {
  const sam = await someone();
  await sam.add("Buy oat milk tomorrow at 9am #home !high");
  await expect(sam.row("Buy oat milk")).toBeVisible();
  await expect(sam.page.getByText("Tomorrow 9:00")).toBeVisible();
  await expect(sam.page.locator("#add")).toBeFocused();
  await sam.saved();

  await sam.page.evaluate(() => navigator.serviceWorker.ready);
  await relay.stop();
  await sam.page.reload();
  await expect(sam.row("Buy oat milk")).toBeVisible();
  await sam.add("Written offline");
  await expect(sam.row("Written offline")).toBeVisible();
  await expect(sam.page.getByText(/Offline, \d+ changes? waiting/).first()).toBeVisible();

  await relay.start();
  await sam.saved();
});

test("what is typed before anything has loaded is not lost", async ({ someone, relay }) => {
  const sam = await someone("about:blank");
  let arrive = () => {};
  const arrives = new Promise<void>((done) => {
    arrive = done;
  });
  await sam.context.route("**/*.wasm", async (route) => {
    await arrives;
    await route.continue();
  });
  await sam.page.goto(relay.url);
  await sam.add("Typed early");
  await expect(sam.page.getByText("Typed early")).toBeVisible();
  // Not even by going away.
  await sam.page.reload();
  await expect(sam.page.getByText("Typed early")).toBeVisible();
  arrive();
  await expect(sam.row("Typed early")).toBeVisible();
});

test("checking off, undoing, keys", async ({ someone }) => {
  const sam = await someone();
  await sam.add("Bread");
  await sam.add("Butter");
  await expect(sam.row("Butter")).toBeVisible();
  await sam.box("Bread").click();
  await expect(sam.page.getByText("Done: Bread")).toBeVisible();
  await expect(sam.page.getByRole("button", { name: "Done (1)" })).toBeVisible();
  await sam.page.getByRole("button", { name: "Undo" }).click();
  await expect(sam.page.getByRole("button", { name: "Done (1)" })).toBeHidden();

  await sam.row("Butter").focus();
  await sam.page.keyboard.press("j");
  await expect(sam.row("Bread")).toBeFocused();
  await sam.page.keyboard.press("x");
  await expect(sam.page.getByRole("button", { name: "Done (1)" })).toBeVisible();
  await sam.page.keyboard.press("Control+z");
  await expect(sam.page.getByRole("button", { name: "Done (1)" })).toBeHidden();
  await sam.page.keyboard.press("Control+Shift+z");
  await expect(sam.page.getByRole("button", { name: "Done (1)" })).toBeVisible();
});

test("what is understood is marked while one types, and is what the task has", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  const line = page.locator(".add-mirror");
  await page.locator("#add").pressSequentially("Call Bob tomorrow !high #family");
  await expect(line.locator("mark")).toHaveText(["tomorrow", "!high", "#family"]);
  // What is marked lies where it was typed.
  await expect(line).toHaveText("Call Bob tomorrow !high #family");
  await expect(page.locator(".understood .chip")).toHaveText(["Tomorrow", "family", "high priority"]);
  for (let n = 0; n < " #family".length; n++) await page.locator("#add").press("Backspace");
  await expect(line.locator("mark")).toHaveText(["tomorrow", "!high"]);
  await page.locator("#add").press("Enter");
  await expect(page.locator(".understood")).toBeHidden();
  await sam.row("Call Bob").click();
  await expect(page.getByLabel("Due date", { exact: true })).toHaveValue(/^\d{4}-\d\d-\d\d$/);
  await expect(page.getByRole("button", { name: "Remove the tag family" })).toBeHidden();
});
