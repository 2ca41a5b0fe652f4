import type { Task } from "@poo/engine";
import { useEffect, useState } from "react";
import { useLive, zone } from "../state/engine.ts";
import { local, remember } from "../state/local.ts";
import { go } from "../state/route.ts";
import { say } from "../state/toasts.ts";

/** What was due while nobody looked is still worth saying for so long. */
const LATE_MS = 3_600_000;
/** So far ahead is asked for, and asked again well before that is over. */
const AHEAD_MS = 24 * 3_600_000;

/** The hour in which this is: what is asked stays the same within it. */
function useHour(): number {
  const [hour, setHour] = useState(() => Math.floor(Date.now() / 3_600_000));
  useEffect(() => {
    const timer = setInterval(() => setHour(Math.floor(Date.now() / 3_600_000)), 60_000);
    return () => clearInterval(timer);
  }, []);
  return hour * 3_600_000;
}

/** Says what is to be remembered, while the app is open. When that is, the engine knows. */
export default function Reminders() {
  const hour = useHour();
  const soon = useLive({
    type: "reminders",
    from: new Date(hour - LATE_MS).toISOString(),
    to: new Date(hour + AHEAD_MS).toISOString(),
    zone,
  });
  useEffect(() => {
    const look = () => {
      const said = local<string[]>("reminded", []);
      for (const { at, task } of soon?.items ?? []) {
        const moment = Date.parse(at);
        const key = `${task.id}@${moment}`;
        const late = Date.now() - moment;
        if (late < 0 || late > LATE_MS || said.includes(key)) continue;
        remember("reminded", [...local<string[]>("reminded", []), key].slice(-200));
        tell(task);
      }
    };
    look();
    const timer = setInterval(look, 15_000);
    return () => clearInterval(timer);
  }, [soon]);
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
