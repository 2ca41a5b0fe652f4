import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const WORDS = new URL("../core/src/derive/keywords.rs", import.meta.url).pathname;
const AISLES = new URL("../core/src/derive/aisles.rs", import.meta.url).pathname;

/**
 * What is found in which aisle of a shop, as the engine's source has it: `virtual:aisles` is the
 * list of `[name, keywords parted by commas]`, in the order of a walk through the shop.
 */
export function aisles(): Plugin {
  return {
    name: "aisles",
    resolveId: (id) => (id === "virtual:aisles" ? "\0aisles" : undefined),
    load(id) {
      if (id !== "\0aisles") return;
      this.addWatchFile(WORDS);
      this.addWatchFile(AISLES);
      return `export default ${JSON.stringify(read())};`;
    },
  };
}

function read(): [string, string][] {
  const words = new Map(
    [...readFileSync(WORDS, "utf8").matchAll(/Aisle::(\w+),\s*"([^"]+)"/g)].map(
      ([, aisle, text]) => [aisle, text?.replace(/\\\n\s*/g, "") ?? ""] as const,
    ),
  );
  const names = [...readFileSync(AISLES, "utf8").matchAll(/Self::(\w+) => "([^"]+)"/g)];
  const all = names.map(([, aisle, name]): [string, string] => [name ?? "", words.get(aisle ?? "") ?? ""]);
  // All but "Other" have words: else the source is written in another way than this reads.
  const without = all.filter(([, text]) => !text).map(([name]) => name);
  if (without.join() !== "Other") throw new Error(`the aisles cannot be read: ${without.join()}`);
  return all;
}
