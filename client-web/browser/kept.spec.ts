/** What a browser keeps, and what it says where it keeps nothing. */

import { expect, test } from "./relay.ts";

test("the browser is asked to keep the lists, once there is something to keep", async ({
  someone,
  relay,
}) => {
  const sam = await someone("about:blank");
  const { page } = sam;
  await page.addInitScript(() => {
    const real = StorageManager.prototype.persist;
    StorageManager.prototype.persist = function () {
      document.documentElement.dataset.persist = "asked";
      return real.call(this);
    };
  });
  await page.goto(relay.url);
  await sam.saved(120_000);
  const root = page.locator("html");
  await expect(root).not.toHaveAttribute("data-persist");
  await sam.add("Worth keeping");
  await expect(root).toHaveAttribute("data-persist", "asked");
  // Who comes back has something.
  await page.reload();
  await expect(sam.row("Worth keeping")).toBeVisible();
  await expect(root).toHaveAttribute("data-persist", "asked");
});

test("without a network the mark says so at once, and how much waits", async ({ someone }) => {
  const sam = await someone();
  const { page } = sam;
  await sam.offline(true);
  await expect(page.getByText("Offline", { exact: true }).first()).toBeVisible({ timeout: 5_000 });
  await sam.add("One");
  await sam.add("Two");
  await expect(page.getByText(/Offline, \d+ changes waiting/).first()).toBeVisible();
  await sam.offline(false);
  await sam.saved();
  await expect(page.getByText("All changes saved").first()).toBeVisible();
});

test("who comes back is where they were, or in a list that is still there", async ({ someone, relay }) => {
  const sam = await someone();
  const { page } = sam;
  await sam.add("Here first");
  await expect(sam.row("Here first")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+L");
  await page.getByLabel("Name", { exact: true }).fill("Second");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Second", level: 1 })).toBeAttached();
  await sam.add("Here second");
  await expect(sam.row("Here second")).toBeVisible();
  await expect(sam.row("Here first")).toHaveCount(0);
  const second = page.url();
  // The address itself says nothing of a list.
  await page.goto("about:blank");
  await page.goto(relay.url);
  await expect(sam.row("Here second")).toBeVisible();
  expect(page.url()).toBe(second);
  // Gone meanwhile from another of their devices, say.
  await page.evaluate(() => localStorage.setItem("poo/list", JSON.stringify("2mmN7svXVSKTVsxzQ8qnyDiLPJ5v")));
  await page.goto("about:blank");
  await page.goto(relay.url);
  await expect(sam.row("Here first").or(sam.row("Here second"))).toBeVisible();
  await expect(page.getByText("This list is not here")).toHaveCount(0);
});
