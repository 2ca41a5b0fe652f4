import { expect, test } from "vitest";
import { enter } from "./writing.ts";

/** Presses Enter where the bar is, and shows where the caret is then. */
function pressed(text: string): string {
  const at = text.indexOf("|");
  const plain = text.replace("|", "");
  const change = enter(plain, at);
  if (!change) return "as ever";
  return `${plain.slice(0, change.from)}${change.text}|${plain.slice(change.to)}`;
}

test("a list goes on with its next item", () => {
  expect(pressed("- milk|")).toBe("- milk\n- |");
  expect(pressed("Shop:\n  * milk|\nMore")).toBe("Shop:\n  * milk\n  * |\nMore");
  expect(pressed("9. nine|")).toBe("9. nine\n10. |");
  expect(pressed("1) one|")).toBe("1) one\n2) |");
  expect(pressed("- [x] done|")).toBe("- [x] done\n- [ ] |");
  expect(pressed("- half| way")).toBe("- half\n- | way");
});

test("an item that is empty ends the list", () => {
  expect(pressed("- milk\n- |")).toBe("- milk\n|");
  expect(pressed("- milk\n- |\nMore")).toBe("- milk\n|\nMore");
  expect(pressed("1. |")).toBe("|");
});

test("elsewhere Enter is Enter", () => {
  for (const text of ["|", "plain|", "-no space|", "a - b|", "- milk\nplain|", "|- milk", "1.5 l|"])
    expect(pressed(text)).toBe("as ever");
});
