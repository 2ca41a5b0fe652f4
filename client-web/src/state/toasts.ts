import { useSyncExternalStore } from "react";

/** A word to the person, with something that they may want to do about it. */
export interface Toast {
  id: number;
  text: string;
  tone?: "bad" | "good";
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 6_000;
let toasts: readonly Toast[] = [];
let next = 1;
const hearers = new Set<() => void>();

function set(all: readonly Toast[]): void {
  toasts = all;
  for (const changed of hearers) changed();
}

export function say(toast: Omit<Toast, "id">): void {
  const id = next++;
  // One at a time is read; what is said again is not shown twice.
  set([...toasts.filter((other) => other.text !== toast.text), { ...toast, id }].slice(-2));
  setTimeout(() => hush(id), toast.action ? SHOWN_MS + 2_000 : SHOWN_MS);
}

export function hush(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (changed) => {
      hearers.add(changed);
      return () => hearers.delete(changed);
    },
    () => toasts,
  );
}
