import type { CalendarEntry } from "@poo/engine";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import { addDays, day, due as dueOf, iso, parts, timeInWords, today } from "../lib/dates.ts";
import { dayName } from "../lib/recurrence.ts";
import { run, useLive, zone } from "../state/engine.ts";
import { useLocal } from "../state/local.ts";
import { go } from "../state/route.ts";
import { ViewHead } from "./ViewHead.tsx";

const MONTH_DAYS = 42;

/** What is due, by days: a month or a week. A task is dragged to another day to move its date. */
export default function Calendar() {
  const [span, setSpan] = useLocal<"month" | "week">("calendar", "month");
  const [at, setAt] = useState(today());
  const days = useMemo(() => daysOf(at, span), [at, span]);
  const entries = useLive({ type: "calendar", from: days[0] ?? at, to: days.at(-1) ?? at, zone });
  const byDay = useMemo(() => {
    const map = new Map<string, CalendarEntry[]>();
    for (const entry of entries?.items ?? []) {
      const { date } = parts(entry.due);
      map.set(date, [...(map.get(date) ?? []), entry]);
    }
    return map;
  }, [entries]);
  const month = day(at).getMonth();
  const turn = (by: 1 | -1) => {
    const date = day(at);
    if (span === "month") date.setMonth(date.getMonth() + by, 1);
    else date.setDate(date.getDate() + 7 * by);
    setAt(iso(date));
  };
  const now = today();
  return (
    <div className="view calendar-view">
      <ViewHead title={day(at).toLocaleDateString(undefined, { month: "long", year: "numeric" })}>
        <div className="segments" role="radiogroup" aria-label="Span">
          {(["month", "week"] as const).map((value) => (
            <label key={value} className="segment">
              <input type="radio" name="span" checked={span === value} onChange={() => setSpan(value)} />
              <span>{value === "month" ? "Month" : "Week"}</span>
            </label>
          ))}
        </div>
        <button type="button" className="button" onClick={() => setAt(now)}>
          Today
        </button>
        <button type="button" className="icon-button" aria-label="Earlier" onClick={() => turn(-1)}>
          <ChevronLeft size={20} />
        </button>
        <button type="button" className="icon-button" aria-label="Later" onClick={() => turn(1)}>
          <ChevronRight size={20} />
        </button>
      </ViewHead>
      <main className="scroll" id="main">
        <div className={`calendar ${span}`}>
          {Array.from({ length: 7 }, (_, index) => (
            <span key={dayName(index)} className="calendar-weekday" aria-hidden="true">
              {dayName(index)}
            </span>
          ))}
          {days.map((date) => (
            <Day
              key={date}
              date={date}
              entries={byDay.get(date) ?? []}
              dim={span === "month" && day(date).getMonth() !== month}
              isToday={date === now}
              most={span === "month" ? 4 : 100}
            />
          ))}
        </div>
      </main>
    </div>
  );
}

function daysOf(at: string, span: "month" | "week"): string[] {
  const first = day(at);
  if (span === "month") first.setDate(1);
  first.setDate(first.getDate() - ((first.getDay() + 6) % 7));
  return Array.from({ length: span === "month" ? MONTH_DAYS : 7 }, (_, index) => addDays(iso(first), index));
}

function Day({
  date,
  entries,
  dim,
  isToday,
  most,
}: {
  date: string;
  entries: readonly CalendarEntry[];
  dim: boolean;
  isToday: boolean;
  most: number;
}) {
  const [over, setOver] = useState(false);
  const classes = ["calendar-day", dim && "dim", isToday && "today", over && "over"]
    .filter(Boolean)
    .join(" ");
  const label = day(date).toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" });
  return (
    <section
      className={classes}
      aria-label={label}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const said = event.dataTransfer.getData("application/x-poo");
        if (!said) return;
        const { list, task, due } = JSON.parse(said) as { list: string; task: string; due: string };
        const { time, zone: written } = parts(due);
        void run({ type: "edit_task", list, task, due: dueOf(date, time, written ?? zone) });
      }}
    >
      <span className="calendar-date" aria-hidden="true">
        {day(date).getDate()}
      </span>
      <ul>
        {entries.slice(0, most).map((entry) => (
          <Entry key={entry.task.id + entry.due} entry={entry} />
        ))}
        {entries.length > most && <li className="calendar-more">{entries.length - most} more</li>}
      </ul>
    </section>
  );
}

function Entry({ entry }: { entry: CalendarEntry }) {
  const { task, due, done } = entry;
  const { time } = parts(due);
  // Of a task that recurs only the next time can be moved: the others follow from its rule.
  const movable = !done && (!task.recurrence || task.due === due);
  return (
    <li>
      <button
        type="button"
        className={`entry priority-${task.priority}${done ? " done" : ""}`}
        draggable={movable}
        onDragStart={(event) =>
          event.dataTransfer.setData(
            "application/x-poo",
            JSON.stringify({ list: task.list, task: task.id, due }),
          )
        }
        onClick={() => go({ at: "list", list: task.list, task: task.id })}
      >
        {time && <span className="entry-time">{timeInWords(time)}</span>} {task.title}
      </button>
    </li>
  );
}
