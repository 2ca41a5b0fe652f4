/**
 * Where in a shop a thing is found, guessed from its name by the engine's own words and rules
 * (`core::derive::aisles`; both are held to the same examples by their tests).
 */

import BUILT_IN from "virtual:aisles";
import type { Aisle, Task } from "@poo/engine";

/** How much of a title is looked at, in words. */
const TITLE_WORDS_MAX = 250;
/** The longest keyword of an own aisle that counts, in words. */
const KEYWORD_WORDS_MAX = 8;
const PREPOSITIONS = new Set(["for", "from", "in", "on", "with", "without"]);

const IRREGULAR: Readonly<Record<string, string>> = {
  loaves: "loaf",
  leaves: "leaf",
  halves: "half",
  knives: "knife",
};
/** Endings and what comes instead, the first that fits. "cookies" and "berries" both come to an i. */
const ENDINGS: readonly (readonly [string, string])[] = [
  ["ies", "i"],
  ["ie", "i"],
  ["y", "i"],
  ["oes", "o"],
  ["ches", "ch"],
  ["shes", "sh"],
  ["sses", "ss"],
  ["xes", "x"],
  ["s", ""],
];

/** The aisles that every list has, in the order of a walk. The last is for everything else. */
export const AISLES: readonly string[] = BUILT_IN.map(([name]) => name);
const OTHER = AISLES.at(-1) ?? "Other";

const INDEX = new Map<string, string>();
let longest = 1;
for (const [aisle, keywords] of BUILT_IN) {
  for (const keyword of keywords.split(",")) {
    const words = wordsOf(keyword);
    if (words.length === 0) continue;
    INDEX.set(words.join(" "), aisle);
    longest = Math.max(longest, words.length);
  }
}

export function guessAisle(title: string, own: readonly Aisle[]): string {
  const words = wordsOf(title);
  const end = words.findIndex((word) => PREPOSITIONS.has(word));
  return (
    guessOwn(words, own) ??
    (end < 0 ? undefined : guessBuiltIn(words.slice(0, end))) ??
    guessBuiltIn(words) ??
    OTHER
  );
}

/** The own aisle with the longest keyword in the title; of equally long ones the first aisle. */
function guessOwn(title: readonly string[], own: readonly Aisle[]): string | undefined {
  const all = ` ${title.join(" ")} `;
  let best: { length: number; name: string } | undefined;
  for (const { name, keywords } of own) {
    for (const keyword of [...keywords, name]) {
      const words = wordsOf(keyword);
      const { length } = words;
      if (length === 0 || length > KEYWORD_WORDS_MAX || length <= (best?.length ?? 0)) continue;
      if (all.includes(` ${words.join(" ")} `)) best = { length, name };
    }
  }
  return best?.name;
}

/** The longest keyword wins; of equally long ones the last, which is what the rest describes. */
function guessBuiltIn(title: readonly string[]): string | undefined {
  for (let length = Math.min(longest, title.length); length > 0; length -= 1) {
    for (let at = title.length - length; at >= 0; at -= 1) {
      const found = INDEX.get(title.slice(at, at + length).join(" "));
      if (found) return found;
    }
  }
  return undefined;
}

function wordsOf(text: string): string[] {
  return (text.match(/[\p{Alphabetic}\p{N}'\u2019]+/gu) ?? [])
    .slice(0, TITLE_WORDS_MAX)
    .map((word) => singular(word.toLowerCase()));
}

function singular(text: string): string {
  const word = text
    .replace(/('s)+$/, "")
    .replace(/(\u2019s)+$/, "")
    .replace(/^['\u2019]+|['\u2019]+$/g, "");
  if (Object.hasOwn(IRREGULAR, word)) return IRREGULAR[word] ?? word;
  if (word.endsWith("ss") || word.endsWith("us")) return word;
  for (const [ending, instead] of ENDINGS) {
    if (word.endsWith(ending) && [...word].length - ending.length >= 2)
      return word.slice(0, -ending.length) + instead;
  }
  return word;
}

/** What stands in one aisle. */
export interface Stand {
  aisle: string;
  tasks: Task[];
}

/**
 * Brings tasks into the order of a shop: the list's own aisles first, "Other" last. What somebody
 * said outranks the list's own keywords, and those outrank what the name tells. What is below a task
 * stays with it.
 */
export function stands(tasks: readonly Task[], own: readonly Aisle[]): Stand[] {
  const byAisle = new Map<string, Stand>();
  const placed = new Map<string, Stand>();
  for (const task of tasks) {
    let stand = task.parent ? placed.get(task.parent) : undefined;
    if (!stand) {
      const aisle = task.aisle ?? guessAisle(task.title, own);
      stand = byAisle.get(aisle) ?? { aisle, tasks: [] };
      byAisle.set(aisle, stand);
    }
    placed.set(task.id, stand);
    stand.tasks.push(task);
  }
  // A name that is none of the shop's comes before them.
  const place = ({ aisle }: Stand) => AISLES.indexOf(aisle);
  return [...byAisle.values()].sort((a, b) => place(a) - place(b) || a.aisle.localeCompare(b.aisle));
}
