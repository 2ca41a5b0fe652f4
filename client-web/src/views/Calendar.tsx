import {
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type DragStartEvent,
  PointerSensor,
  pointerWithin,
  TouchSensor,
  useDraggable,
  useDroppable,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import type { CalendarEntry } from "@poo/engine";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { addDays, day, due as dueOf, iso, parts, timeInWords, today } from "../lib/dates.ts";
import { dayName } from "../lib/recurrence.ts";
import { runUndoable, useLive, zone } from "../state/engine.ts";
import { useLocal } from "../state/local.ts";
import { go } from "../state/route.ts";
import { ViewHead } from "./ViewHead.tsx";

const MONTH_DAYS = 42;
/** Of a month so many are shown a day; the week shows the rest. */
const MONTH_MOST = 4;
/** How many days each key moves a task. */
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

const inWords = (date: string) =>
  day(date).toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" });
const keyOf = ({ task, due }: CalendarEntry) => `${task.id}@${due}`;
// Of a task that recurs only the next time can be moved: the others follow from its rule.
const isMovable = ({ task, due, done }: CalendarEntry) => !done && (!task.recurrence || task.due === due);

/** Moves what is due to another day, and keeps its time. */
async function moveTo({ task, due }: CalendarEntry, date: string): Promise<void> {
  const { date: before, time, zone: written } = parts(due);
  if (date === before) return;
  await runUndoable(
    { type: "edit_task", list: task.list, task: task.id, due: dueOf(date, time, written ?? zone) },
    `Moved to ${inWords(date)}: ${task.title}`,
  );
}

/**
 * What is due, by days: a month or a week. A task is dragged to another day, or brought there with
 * Alt and the arrows, to move its date.
 */
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
  const [dragged, setDragged] = useState<CalendarEntry | null>(null);
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 180, tolerance: 8 } }),
  );
  // A task that was moved by keys keeps the focus where it went.
  const followed = useRef<string | null>(null);
  useEffect(() => {
    if (!followed.current || !entries) return;
    const there = document.querySelector<HTMLElement>(`[data-entry="${followed.current}"]`);
    // Where it was it is no more, and so nothing has the focus.
    if (!there || document.activeElement !== document.body) return;
    followed.current = null;
    there.focus();
  }, [entries]);
  const onKey = (event: KeyboardEvent, entry: CalendarEntry) => {
    const by = event.altKey ? STEPS[event.key] : undefined;
    if (by === undefined || !isMovable(entry)) return;
    event.preventDefault();
    event.stopPropagation();
    const date = addDays(parts(entry.due).date, by);
    followed.current = entry.task.id;
    if (!days.includes(date)) setAt(date);
    void moveTo(entry, date);
  };
  const ended = ({ active, over }: DragEndEvent) => {
    setDragged(null);
    const entry = entries?.items.find((one) => keyOf(one) === active.id);
    if (entry && over) void moveTo(entry, String(over.id));
  };
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
          <DndContext
            sensors={sensors}
            collisionDetection={pointerWithin}
            onDragStart={({ active }: DragStartEvent) =>
              setDragged(entries?.items.find((one) => keyOf(one) === active.id) ?? null)
            }
            onDragCancel={() => setDragged(null)}
            onDragEnd={ended}
          >
            {days.map((date) => (
              <Day
                key={date}
                date={date}
                entries={byDay.get(date) ?? []}
                dim={span === "month" && day(date).getMonth() !== month}
                isToday={date === now}
                most={span === "month" ? MONTH_MOST : Number.POSITIVE_INFINITY}
                onKey={onKey}
                onMore={() => {
                  setSpan("week");
                  setAt(date);
                }}
              />
            ))}
            <DragOverlay dropAnimation={null}>
              {dragged && (
                <div className={`entry dragged priority-${dragged.task.priority}`}>{dragged.task.title}</div>
              )}
            </DragOverlay>
          </DndContext>
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
  onKey,
  onMore,
}: {
  date: string;
  entries: readonly CalendarEntry[];
  dim: boolean;
  isToday: boolean;
  most: number;
  onKey: (event: KeyboardEvent, entry: CalendarEntry) => void;
  onMore: () => void;
}) {
  const { setNodeRef, isOver } = useDroppable({ id: date });
  const classes = ["calendar-day", dim && "dim", isToday && "today", isOver && "over"]
    .filter(Boolean)
    .join(" ");
  return (
    <section ref={setNodeRef} className={classes} aria-label={inWords(date)}>
      <span className="calendar-date" aria-hidden="true">
        {day(date).getDate()}
      </span>
      <ul>
        {entries.slice(0, most).map((entry) => (
          <Entry key={keyOf(entry)} entry={entry} onKey={onKey} />
        ))}
        {entries.length > most && (
          <li>
            <button type="button" className="calendar-more" onClick={onMore}>
              {entries.length - most} more
            </button>
          </li>
        )}
      </ul>
    </section>
  );
}

function Entry({
  entry,
  onKey,
}: {
  entry: CalendarEntry;
  onKey: (event: KeyboardEvent, entry: CalendarEntry) => void;
}) {
  const { task, due, done } = entry;
  const { time } = parts(due);
  const { setNodeRef, listeners, isDragging } = useDraggable({
    id: keyOf(entry),
    disabled: !isMovable(entry),
  });
  const classes = ["entry", `priority-${task.priority}`, done && "done", isDragging && "leaving"]
    .filter(Boolean)
    .join(" ");
  return (
    <li>
      <button
        type="button"
        ref={setNodeRef}
        className={classes}
        data-entry={task.id}
        {...listeners}
        onKeyDown={(event) => onKey(event, entry)}
        onClick={() => go({ at: "list", list: task.list, task: task.id })}
      >
        {time && <span className="entry-time">{timeInWords(time)}</span>} {task.title}
      </button>
    </li>
  );
}
