/** Unmodified automerge-repo in a browser, with a ticket: its own build, in a page of its own. */

import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Page } from "@playwright/test";
import { build } from "vite";
import { expect, test } from "./relay";

type Json = Record<string, unknown>;
type Stock = {
  connect(address: string, peerId: string): void;
  create(value: Json): string;
  find(url: string): Promise<Json>;
  doc(): Json;
  put(path: string[], value: unknown): void;
};
declare const stock: Stock;

const folder = mkdtempSync(join(tmpdir(), "poo-stock-"));
let program = "";

/** The page's own server: it is an app of somebody else, on this machine. */
const server = createServer((request, response) => {
  const script = request.url?.endsWith(".js");
  response.setHeader("content-type", script ? "text/javascript" : "text/html");
  response.end(script ? program : '<!doctype html><script type="module" src="page.js"></script>');
});

test.beforeAll(async () => {
  const libraries = resolve(process.env.POO_BIN ?? "../target/debug", "../node/stock/node_modules");
  symlinkSync(libraries, join(folder, "node_modules"));
  copyFileSync("../tests/stock/page.mjs", join(folder, "page.mjs"));
  const built = await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    // The build of Automerge for bundlers that do not know WebAssembly.
    resolve: { conditions: ["webpack", "browser", "import"] },
    build: {
      write: false,
      target: "esnext",
      minify: false,
      lib: { entry: "page.mjs", formats: ["es"], fileName: "page" },
    },
  });
  const [bundle] = [built].flat();
  if (!bundle || !("output" in bundle)) throw new Error("Vite built nothing");
  program = bundle.output[0].code;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});

test.afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(page: Page, address: string, name: string): Promise<void> {
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction(() => "stock" in globalThis);
  await page.evaluate(([at, as]) => stock.connect(at, as), [address, name] as const);
}

const doc = (page: Page) => page.evaluate(() => stock.doc());

test("automerge-repo's browser build edits a list with the command line", async ({ relay, context }) => {
  relay.poo("sam", "init", "--name", "Sam", "--relay", relay.url.replace("http", "ws"));
  relay.poo("sam", "list", "create", "Shop");
  const milk = JSON.parse(relay.poo("sam", "--json", "task", "create", "Milk", "--list", "Shop")).task;
  relay.poo("sam", "sync");
  const ticket = JSON.parse(relay.poo("sam", "--json", "ticket", "create", "--uses", "2")).url;
  const lists = JSON.parse(relay.poo("sam", "--json", "list", "ls"));
  const url = `automerge:${lists.items[0].id}`;

  const one = await context.newPage();
  await start(one, ticket, "one");
  const found = await one.evaluate((at) => stock.find(at), url);
  expect(found).toMatchObject({ items: { [milk]: { title: "Milk" } } });
  await one.evaluate((id) => stock.put(["items", id, "title"], "Oat milk"), milk);
  await expect(() => {
    relay.poo("sam", "sync");
    expect(relay.poo("sam", "task", "list", "--list", "Shop")).toContain("Oat milk");
  }).toPass();
  relay.poo("sam", "task", "edit", milk, "--priority", "high");
  relay.poo("sam", "sync");
  await expect.poll(() => doc(one)).toMatchObject({ items: { [milk]: { priority: "high" } } });

  // A document of its own, that another browser finds.
  const made = await one.evaluate(() => stock.create({ rows: 1 }));
  const two = await context.newPage();
  await start(two, ticket, "two");
  await expect(async () => {
    expect(await two.evaluate((at) => stock.find(at), made)).toEqual({ rows: 1 });
  }).toPass();
  await two.evaluate(() => stock.put(["rows"], 2));
  await expect.poll(() => doc(one)).toEqual({ rows: 2 });
});
