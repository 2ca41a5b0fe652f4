/** Where in the app one is: behind `#`, so that it works below any path, and offline. */

import { useSyncExternalStore } from "react";
import { type Filter, filterInAddress, parseFilter } from "../lib/filter.ts";

const VIEWS = ["today", "upcoming", "focus", "calendar", "trash", "settings", "activity"] as const;

export type Place =
  | { at: "list"; list: string; task?: string | undefined; filter?: Filter | undefined }
  | { at: "all"; filter?: Filter | undefined }
  | { at: (typeof VIEWS)[number] }
  | { at: "none" };

export function parse(hash: string): Place {
  const [path = "", said = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [view, first, second] = path.split("/");
  const filter = parseFilter(said);
  if (view === "list" && first)
    return { at: "list", list: first, ...(second && { task: second }), ...(filter && { filter }) };
  if (view === "all") return { at: "all", ...(filter && { filter }) };
  const known = VIEWS.find((name) => name === view);
  return known ? { at: known } : { at: "none" };
}

export function href(place: Place): string {
  if (place.at === "none") return "#/";
  if (place.at !== "list" && place.at !== "all") return `#/${place.at}`;
  const path = place.at === "all" ? "all" : `list/${place.list}${place.task ? `/${place.task}` : ""}`;
  const said = filterInAddress(place.filter);
  return `#/${path}${said && `?${said}`}`;
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

export function place(): Place {
  return current;
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
