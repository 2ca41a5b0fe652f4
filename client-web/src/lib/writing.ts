/** What a key does to a text in Markdown beside what it does to any text. */

/** The part of a text that is replaced, and what by. */
export interface Change {
  from: number;
  to: number;
  text: string;
}

/** Indentation, a bullet or a number with its end, a box, and the space behind. */
const ITEM = /^(\s*)(?:([-*+])|(\d{1,9})([.)]))( \[[ xX]\])?( +)/;

/**
 * What Enter does with the caret at `at`: a list goes on with its next item, and ends on an item
 * that is empty. Nothing where it is an ordinary line.
 */
export function enter(text: string, at: number): Change | null {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const before = text.slice(start, at);
  const item = ITEM.exec(before);
  if (!item) return null;
  const [all, indent = "", bullet, number, end = "", box, space = ""] = item;
  const isEmpty = before === all && (text[at] ?? "\n") === "\n";
  if (isEmpty) return { from: start, to: at, text: "" };
  const mark = bullet ?? `${Number(number) + 1}${end}`;
  return { from: at, to: at, text: `\n${indent}${mark}${box ? " [ ]" : ""}${space}` };
}
