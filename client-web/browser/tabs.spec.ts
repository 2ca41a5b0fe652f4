/** Several tabs of one browser: one leads, and may go away in the middle of something. */

import type { Page } from "@playwright/test";
import { expect, type Person, test, type } from "./relay.ts";

const row = (page: Page, title: string) => page.getByRole("button", { name: title, exact: true });

test("two tabs are one: both follow, and the second goes on when the first closes", async ({
  someone,
  relay,
}) => {
  const sam = await someone();
  await sam.add("From the first tab");
  await expect(sam.row("From the first tab")).toBeVisible();
  const second = await sam.context.newPage();
  sam.watch(second);
  await second.goto(relay.url);
  await expect(row(second, "From the first tab")).toBeVisible();
  await type(second, "From the second tab");
  await expect(row(second, "From the second tab")).toBeVisible();
  await expect(sam.row("From the second tab")).toBeVisible();

  await sam.page.close();
  await type(second, "On its own");
  await expect(row(second, "On its own")).toBeVisible();
  await second.reload();
  await expect(row(second, "On its own")).toBeVisible();
  await expect(row(second, "From the first tab")).toBeVisible();
});

/** Stops the worker of the tab that leads when it is about to say this, and then closes the tab. */
async function closeBefore(sam: Person, word: "taken" | "said", during: () => Promise<void>): Promise<void> {
  const [worker] = sam.page.workers();
  if (!worker) throw new Error("the tab has no worker");
  await worker.evaluate((word) => {
    const real = BroadcastChannel.prototype.postMessage;
    BroadcastChannel.prototype.postMessage = function (message) {
      const stops = word === "taken" ? "taken" in message : message.said?.get?.task !== undefined;
      // For ever: as a tab that is being killed.
      while (stops);
      real.call(this, message);
    };
  }, word);
  await during();
  await sam.page.close();
}

for (const [word, what] of [
  ["taken", "before it has taken a command: the next one carries it out, once"],
  ["said", "when it has carried out a command: it is there, once, and the other tab says to look"],
] as const) {
  test(`the leading tab goes away ${what}`, async ({ someone, relay }) => {
    const sam = await someone();
    const second = await sam.context.newPage();
    sam.watch(second);
    await second.goto(relay.url);
    await type(second, "Before");
    await expect(row(second, "Before")).toBeVisible();
    await closeBefore(sam, word, () => type(second, "In between"));
    if (word === "said") await expect(second.getByText("look whether it is there")).toBeVisible();
    await expect(row(second, "In between")).toHaveCount(1);
    await type(second, "After");
    await expect(row(second, "After")).toBeVisible();
    await expect(second.locator("html")).toHaveAttribute("data-sync", "good", { timeout: 60_000 });
    await second.reload();
    await expect(row(second, "After")).toBeVisible();
    await expect(row(second, "In between")).toHaveCount(1);
  });
}
