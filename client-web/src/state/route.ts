/** Where in the app one is: behind `#`, so that it works below any path, and offline. */

import { useSyncExternalStore } from "react";

export type Place =
  | { at: "list"; list: string; task?: string }
  | { at: "today" | "upcoming" | "focus" | "calendar" | "trash" | "settings" | "activity" }
  | { at: "none" };

const VIEWS = ["today", "upcoming", "focus", "calendar", "trash", "settings", "activity"] as const;

export function parse(hash: string): Place {
  const [view, first, second] = hash.replace(/^#\/?/, "").split("/");
  if (view === "list" && first)
    return second ? { at: "list", list: first, task: second } : { at: "list", list: first };
  const known = VIEWS.find((name) => name === view);
  return known ? { at: known } : { at: "none" };
}

export function href(place: Place): string {
  if (place.at === "none") return "#/";
  if (place.at !== "list") return `#/${place.at}`;
  return `#/list/${place.list}${place.task ? `/${place.task}` : ""}`;
}

let current = parse(location.hash);
const hearers = new Set<() => void>();
addEventListener("hashchange", () => {
  current = parse(location.hash);
  for (const changed of hearers) changed();
});

export function go(place: Place, how: "push" | "replace" = "push"): void {
  const hash = href(place);
  if (hash === location.hash) return;
  if (how === "push") {
    location.hash = hash;
    return;
  }
  history.replaceState(null, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function usePlace(): Place {
  return useSyncExternalStore(
    (changed) => {
      hearers.add(changed);
      return () => hearers.delete(changed);
    },
    () => current,
  );
}
