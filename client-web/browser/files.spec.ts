/** Files of tasks, between two browsers. */

import { readFileSync } from "node:fs";
import { expect, type Person, test, two } from "./relay.ts";

/** A picture of one pixel, and a text. */
const PICTURE = {
  name: "receipt.png",
  mimeType: "image/png",
  buffer: Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  ),
};
const TEXT = { name: "list.txt", mimeType: "text/plain", buffer: Buffer.from("Rye, spelt, oats") };

const files = ({ page }: Person) => page.locator(".details input[type=file]");
const file = ({ page }: Person, name: string) => page.getByRole("listitem").filter({ hasText: name });

/** What a file that is here says. */
const content = async (person: Person, name: string) => {
  const [download] = await Promise.all([
    person.page.waitForEvent("download"),
    file(person, name).getByRole("link", { name }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(name);
  return readFileSync(await download.path(), "utf8");
};

test("a file that was asked for without a connection comes with the next one", async ({ someone }) => {
  const { sam, ann } = await two(someone, "Buy bread");
  await sam.row("Buy bread").click();
  await files(sam).setInputFiles([PICTURE, TEXT]);
  await expect(file(sam, TEXT.name)).toBeVisible();
  await sam.saved();
  // Once the next change is there, so is what the task says of its files.
  await sam.page.getByLabel("Title", { exact: true }).fill("Buy dark bread");
  await sam.page.getByLabel("Title", { exact: true }).press("Enter");
  await expect(ann.row("Buy dark bread")).toBeVisible();

  await ann.offline(true);
  await expect(ann.page.locator("html")).toHaveAttribute("data-sync", "away");
  await ann.row("Buy dark bread").click();
  await file(ann, TEXT.name).getByRole("button", { name: TEXT.name, exact: true }).click();
  for (const { name } of [TEXT, PICTURE]) {
    await expect(file(ann, name)).toContainText("Comes once you are online");
  }
  await ann.offline(false);
  await expect(file(ann, PICTURE.name).getByRole("img", { name: PICTURE.name })).toBeVisible();
  await expect(file(ann, TEXT.name).getByRole("link", { name: TEXT.name })).toBeVisible();
  expect(await content(ann, TEXT.name)).toBe("Rye, spelt, oats");
});

test("who looks at a task sees a picture that somebody attaches, however late it is sent", async ({
  someone,
}) => {
  const { sam, ann } = await two(someone, "Buy bread");
  await ann.row("Buy bread").click();
  await sam.row("Buy bread").click();
  await files(sam).setInputFiles([PICTURE]);
  await expect(file(ann, PICTURE.name).getByRole("img", { name: PICTURE.name })).toBeVisible();
});
