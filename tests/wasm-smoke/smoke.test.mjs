// Runs what scripts/wasm-smoke built; POO_WASM_SMOKE is the folder that it is in.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";

const { smoke } = createRequire(import.meta.url)(join(process.env.POO_WASM_SMOKE, "poo_wasm_smoke.js"));
const seed = (byte) => new Uint8Array(32).fill(byte);

test("two devices and a relay keep one list in step under WebAssembly", () => {
  const report = JSON.parse(smoke(seed(7), Date.now()));
  // What was made last stands first.
  assert.deepEqual(report.phone, ["Take the bins out", "Bake Brötchen 🥖", "Buy oat milk"]);
  assert.deepEqual(report.browser, report.phone);
  assert.deepEqual(report.verified.problems, []);
  assert.equal(report.verified.ok, true);
  assert.deepEqual(report.verified.authors.map((author) => author.name), ["Sam"]);
  assert.match(report.sqlite, /^3\./);
});

test("an error is thrown, and the next call works", () => {
  assert.throws(() => smoke(new Uint8Array(3), Date.now()), Error);
  assert.equal(JSON.parse(smoke(seed(8), Date.now())).verified.ok, true);
});
