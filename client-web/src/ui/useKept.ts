import { useState } from "react";

/** A text that is still there when the page was loaded anew, or what it was typed in was replaced. */
export function useKept(name: string): [string, (text: string) => void] {
  const key = `poo/typing/${name}`;
  const [text, setText] = useState(() => {
    try {
      return sessionStorage.getItem(key) ?? "";
    } catch {
      return "";
    }
  });
  const set = (next: string) => {
    setText(next);
    try {
      if (next) sessionStorage.setItem(key, next);
      else sessionStorage.removeItem(key);
    } catch {
      // It is there until the page closes.
    }
  };
  return [text, set];
}
