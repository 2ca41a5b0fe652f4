// Runs what scripts/wasm-smoke built; POO_WASM_SMOKE is the folder that it is in.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";

const { smoke } = createRequire(import.meta.url)(join(process.env.POO_WASM_SMOKE, "poo_wasm_smoke.js"));

test("a change is written, signed, stored and read back under WebAssembly", () => {
  const report = JSON.parse(smoke("first.db", new Uint8Array(32).fill(7)));
  assert.equal(report.title, "Buy oat milk");
  assert.equal(report.journal, "wal");
  assert.equal(report.actorBytes, 16);
  assert.match(report.sqlite, /^3\./);
});

test("an error is thrown, and the next call works", () => {
  assert.throws(() => smoke("second.db", new Uint8Array(3)), Error);
  assert.equal(JSON.parse(smoke("second.db", new Uint8Array(32))).title, "Buy oat milk");
});
