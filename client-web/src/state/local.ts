/** What this browser remembers of how it shows things. Nothing that is worth a sync. */

import { useCallback, useSyncExternalStore } from "react";

const hearers = new Set<() => void>();
const values = new Map<string, unknown>();

export function local<T>(name: string, otherwise: T): T {
  if (!values.has(name)) {
    let value: unknown = otherwise;
    try {
      const text = localStorage.getItem(`poo/${name}`);
      if (text !== null) value = JSON.parse(text);
    } catch {
      // Nothing is remembered here.
    }
    values.set(name, value);
  }
  return values.get(name) as T;
}

export function remember(name: string, value: unknown): void {
  values.set(name, value);
  try {
    localStorage.setItem(`poo/${name}`, JSON.stringify(value));
  } catch {
    // It holds until the page closes.
  }
  for (const changed of hearers) changed();
}

export function useLocal<T>(name: string, otherwise: T): [T, (value: T) => void] {
  const value = useSyncExternalStore(
    (changed) => {
      hearers.add(changed);
      return () => hearers.delete(changed);
    },
    () => local(name, otherwise),
  );
  return [value, useCallback((value: T) => remember(name, value), [name])];
}
