import type { Task } from "@poo/engine";
import { useEffect } from "react";
import { parts } from "../lib/dates.ts";
import { useLive, zone } from "../state/engine.ts";
import { local, remember } from "../state/local.ts";
import { go } from "../state/route.ts";
import { say } from "../state/toasts.ts";

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
/** A day without a time begins at nine, for reminders. */
const DAY_STARTS = "09:00";
/** What was due while nobody looked is still worth saying for so long. */
const LATE_MS = 3_600_000;

/** When to remind of a task, for each of its reminders. */
export function moments(task: Task): number[] {
  if (!task.due || task.done) return [];
  const { date, time } = parts(task.due);
  const at = new Date(`${date}T${time ?? DAY_STARTS}:00`).getTime();
  return (task.reminders ?? []).flatMap((reminder) => {
    const match = /^(\d+)([mhdw])$/.exec(reminder);
    const unit = UNIT_MS[match?.[2] ?? ""];
    return match && unit ? [at - Number(match[1]) * unit] : [];
  });
}

/** Says what is to be remembered, while the app is open. */
export default function Reminders() {
  const today = useLive({ type: "today", zone });
  const soon = useLive({ type: "upcoming", days: 2, zone });
  useEffect(() => {
    const tasks = [...(today?.items ?? []), ...(soon?.items ?? [])];
    const look = () => {
      const said = local<string[]>("reminded", []);
      for (const task of tasks) {
        for (const moment of moments(task)) {
          const key = `${task.id}@${moment}`;
          const late = Date.now() - moment;
          if (late < 0 || late > LATE_MS || said.includes(key)) continue;
          remember("reminded", [...local<string[]>("reminded", []), key].slice(-200));
          tell(task);
        }
      }
    };
    look();
    const timer = setInterval(look, 15_000);
    return () => clearInterval(timer);
  }, [today, soon]);
  return null;
}

function tell(task: Task): void {
  const open = () => go({ at: "list", list: task.list, task: task.id });
  if ("Notification" in globalThis && Notification.permission === "granted" && document.hidden) {
    const notification = new Notification(task.title, { tag: task.id, icon: "./icon.svg" });
    notification.onclick = () => {
      focus();
      open();
    };
    return;
  }
  say({ text: `Reminder: ${task.title}`, action: { label: "Open", run: open } });
}
