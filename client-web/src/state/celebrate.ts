/** What is worth a small joy: a streak that reached a mark, and a day on which nothing is left. */

import type { Task } from "@poo/engine";
import { useSyncExternalStore } from "react";
import { parts, today } from "../lib/dates.ts";
import { engine, zone } from "./engine.ts";
import { local, remember } from "./local.ts";

export interface Joy {
  /** What it is for: there is one of each, once. */
  id: string;
  kind: "streak" | "day";
  text: string;
}

const SHOWN_MS = 4_500;
let joy: Joy | null = null;
const hearers = new Set<() => void>();

function show(next: Joy | null): void {
  joy = next;
  for (const changed of hearers) changed();
}

/** Looks whether completing these reached something, and celebrates it once. */
export async function celebrateWhatIsReached(completed: readonly Task[]): Promise<void> {
  const day = today();
  const [streak, left] = await Promise.all([
    engine.query({ type: "streak", zone }),
    engine.query({ type: "today", zone }),
  ]).catch(() => [null, null] as const);
  if (!streak || !left) return;
  const reached = streak.milestones.filter((mark) => mark.reached === day).at(-1);
  const all: Joy[] = [];
  if (reached) {
    const { days } = reached;
    all.push({ id: `${day}/streak/${days}`, kind: "streak", text: `${days} days in a row. Well done!` });
  }
  const ofToday = completed.some((task) => task.due && parts(task.due).date <= day);
  if (ofToday && left.items.length === 0)
    all.push({ id: `${day}/day`, kind: "day", text: "That was all for today." });
  // What was celebrated on days before is not asked for again.
  const seen = local<string[]>("celebrated", []).filter((id) => id.startsWith(day));
  const next = all.find(({ id }) => !seen.includes(id));
  if (!next) return;
  remember("celebrated", [...seen, next.id]);
  show(next);
  setTimeout(() => joy === next && show(null), SHOWN_MS);
}

export function useJoy(): Joy | null {
  return useSyncExternalStore(
    (changed) => {
      hearers.add(changed);
      return () => hearers.delete(changed);
    },
    () => joy,
  );
}
