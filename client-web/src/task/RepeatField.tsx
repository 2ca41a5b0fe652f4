import type { Task } from "@poo/engine";
import { Repeat } from "lucide-react";
import { DAYS, dayName, type Frequency, inWords, type Rule, read, write } from "../lib/recurrence.ts";
import { Field } from "./Fields.tsx";

const PRESETS: readonly (readonly [string, string])[] = [
  ["FREQ=DAILY", "Every day"],
  ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every weekday"],
  ["FREQ=WEEKLY", "Every week"],
  ["FREQ=MONTHLY", "Every month"],
  ["FREQ=YEARLY", "Every year"],
];
const UNITS: readonly (readonly [Frequency, string])[] = [
  ["DAILY", "days"],
  ["WEEKLY", "weeks"],
  ["MONTHLY", "months"],
  ["YEARLY", "years"],
];

/** How a task recurs: a choice of the usual, and all that makes it up below. */
export function RepeatField({ task, onChange }: { task: Task; onChange: (rule: string | null) => void }) {
  const text = task.recurrence ?? "";
  const rule = text ? read(text) : null;
  const change = (patch: Partial<Rule>) => rule && onChange(write({ ...rule, ...patch }));
  return (
    <Field icon={<Repeat size={17} />} label="Repeat">
      <select
        aria-label="Repeat"
        className="quiet-select"
        value={text}
        onChange={(event) => onChange(event.target.value || null)}
      >
        <option value="">Never</option>
        {PRESETS.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
        {text && !PRESETS.some(([value]) => value === text) && <option value={text}>{inWords(text)}</option>}
      </select>
      {rule && (
        <div className="repeat-more">
          <label>
            Every
            <input
              type="number"
              min={1}
              max={999}
              value={rule.interval}
              onChange={(event) =>
                change({ interval: Math.max(1, Math.min(999, Number(event.target.value) || 1)) })
              }
            />
          </label>
          <select
            aria-label="Unit"
            value={rule.frequency}
            onChange={(event) => change({ frequency: event.target.value as Frequency, days: [] })}
          >
            {UNITS.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
          {rule.frequency === "WEEKLY" && (
            <fieldset className="weekdays" aria-label="On these days">
              {DAYS.map((day, index) => (
                <label key={day}>
                  <input
                    type="checkbox"
                    checked={rule.days.includes(day)}
                    onChange={(event) =>
                      change({
                        days: DAYS.filter((one) =>
                          one === day ? event.target.checked : rule.days.includes(one),
                        ),
                      })
                    }
                  />
                  <span title={dayName(index, "long")}>{dayName(index).slice(0, 2)}</span>
                </label>
              ))}
            </fieldset>
          )}
          <label>
            Until
            <input
              type="date"
              value={rule.until ?? ""}
              onChange={(event) => change({ until: event.target.value || null })}
            />
          </label>
        </div>
      )}
    </Field>
  );
}
