import type { Member, Priority, Reminder, Task } from "@poo/engine";
import { Bell, CalendarDays, Flag, Hash, Link as LinkIcon, User, X } from "lucide-react";
import { lazy, type ReactNode, Suspense, useId, useState } from "react";
import { addDays, dueInWords, due as dueOf, parts, today } from "../lib/dates.ts";
import { tagStyle } from "../list/TaskRow.tsx";
import { run, useLive, zone } from "../state/engine.ts";
import { useDraft } from "../ui/useDraft.ts";
import { RepeatField } from "./RepeatField.tsx";

const AisleField = lazy(() => import("./AisleField.tsx"));

const PRIORITIES: readonly (readonly [Priority, string])[] = [
  ["none", "None"],
  ["low", "Low"],
  ["medium", "Medium"],
  ["high", "High"],
];
const REMINDERS: readonly (readonly [Reminder, string])[] = [
  ["0m", "When it is due"],
  ["15m", "15 minutes before"],
  ["30m", "30 minutes before"],
  ["1h", "1 hour before"],
  ["2h", "2 hours before"],
  ["1d", "1 day before"],
];
const COLORS = [
  "#6b3cff",
  "#dc2626",
  "#ea580c",
  "#ca8a04",
  "#16a34a",
  "#0d9488",
  "#2563eb",
  "#db2777",
  "#64748b",
];

export function Fields({
  task,
  members,
  readOnly,
  aisles,
}: {
  task: Task;
  members: readonly Member[];
  readOnly: boolean;
  /** Whether its list is one for a shop. */
  aisles: boolean;
}) {
  const { list, id } = task;
  const edit = (patch: object) => run({ type: "edit_task", list, task: id, ...patch });
  const link = useDraft(task.url ?? "", (value) => edit({ url: value.trim() || null }));
  return (
    <fieldset className="fields" disabled={readOnly}>
      <legend className="sr-only">About this task</legend>
      <Field icon={<CalendarDays size={17} />} label="Due">
        <DueField task={task} onChange={(due) => edit({ due })} />
      </Field>
      <RepeatField
        task={task}
        onChange={(recurrence) =>
          // A rule counts from the due date.
          edit({ recurrence, ...(recurrence && !task.due ? { due: today() } : {}) })
        }
      />
      {task.due && (
        <Field icon={<Bell size={17} />} label="Remind me">
          <div className="chips">
            {(task.reminders ?? []).map((reminder) => (
              <span key={reminder} className="chip">
                {REMINDERS.find(([value]) => value === reminder)?.[1] ?? `${reminder} before`}
                <button
                  type="button"
                  aria-label={`Remove the reminder ${reminder}`}
                  onClick={() => edit({ removeReminders: [reminder] })}
                >
                  <X size={13} />
                </button>
              </span>
            ))}
            <select
              aria-label="Add a reminder"
              className="quiet-select"
              value=""
              onChange={(event) => edit({ addReminders: [event.target.value] })}
            >
              <option value="">Add…</option>
              {REMINDERS.filter(([value]) => !task.reminders?.includes(value)).map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </div>
          {(task.reminders?.length ?? 0) > 0 && (
            <p className="hint">Reminders appear while Poo App is open in this browser.</p>
          )}
        </Field>
      )}
      <Field icon={<Flag size={17} />} label="Priority">
        <div className="segments" role="radiogroup" aria-label="Priority">
          {PRIORITIES.map(([value, text]) => (
            <label key={value} className={`segment priority-${value}`}>
              <input
                type="radio"
                name="priority"
                value={value}
                checked={task.priority === value}
                onChange={() => edit({ priority: value })}
              />
              <span>{text}</span>
            </label>
          ))}
        </div>
      </Field>
      {(members.length > 1 || task.assignee) && (
        <Field icon={<User size={17} />} label="For">
          <select
            aria-label="For whom"
            className="quiet-select"
            value={task.assignee?.did ?? ""}
            onChange={(event) => edit({ assignee: event.target.value || null })}
          >
            <option value="">Nobody in particular</option>
            {members.map((member) => (
              <option key={member.did} value={member.did}>
                {member.name}
                {member.me ? " (you)" : ""}
              </option>
            ))}
            {task.assignee?.left && <option value={task.assignee.did}>{task.assignee.name} (left)</option>}
          </select>
        </Field>
      )}
      <Field icon={<Hash size={17} />} label="Tags">
        <TagField task={task} edit={edit} />
      </Field>
      {aisles && task.depth === 0 && (
        <Suspense>
          <AisleField task={task} onChange={(aisle) => edit({ aisle })} />
        </Suspense>
      )}
      <Field icon={<LinkIcon size={17} />} label="Link">
        <div className="link-field">
          <input
            type="url"
            className="quiet-input"
            aria-label="Link"
            placeholder="https://"
            maxLength={2_000}
            {...link.props}
          />
          {task.url && /^https?:\/\//i.test(task.url) && (
            <a href={task.url} target="_blank" rel="noreferrer noopener">
              Open
            </a>
          )}
        </div>
      </Field>
    </fieldset>
  );
}

export function Field({ icon, label, children }: { icon: ReactNode; label: string; children: ReactNode }) {
  return (
    <div className="field">
      <span className="field-label">
        {icon}
        {label}
      </span>
      <div className="field-value">{children}</div>
    </div>
  );
}

function DueField({ task, onChange }: { task: Task; onChange: (due: string | null) => void }) {
  const { date, time, zone: written } = task.due ? parts(task.due) : { date: "", time: null, zone: null };
  const now = today();
  const set = (date: string, time: string | null) =>
    onChange(date ? dueOf(date, time, written ?? zone) : null);
  const quick: [string, string][] = [
    ["Today", now],
    ["Tomorrow", addDays(now, 1)],
    ["Next week", addDays(now, 8 - (new Date().getDay() || 7))],
  ];
  return (
    <>
      <div className="due-field">
        <input
          type="date"
          aria-label="Due date"
          value={date}
          onChange={(event) => set(event.target.value, time)}
        />
        {task.due && (
          <input
            type="time"
            aria-label="Due time"
            value={time ?? ""}
            onChange={(event) => set(date, event.target.value || null)}
          />
        )}
        {task.due && (
          <button
            type="button"
            className="icon-button small"
            aria-label="No due date"
            onClick={() => onChange(null)}
          >
            <X size={15} />
          </button>
        )}
      </div>
      {!task.due && (
        <div className="chips">
          {quick.map(([text, date]) => (
            <button key={text} type="button" className="chip button-chip" onClick={() => set(date, null)}>
              {text}
            </button>
          ))}
        </div>
      )}
      {task.due && (
        <p className={task.overdue && !task.done ? "hint overdue" : "hint"}>
          {dueInWords(task.due)}
          {written && written !== zone ? ` in ${written}` : ""}
        </p>
      )}
    </>
  );
}

function TagField({ task, edit }: { task: Task; edit: (patch: object) => void }) {
  const tags = useLive({ type: "tags", list: task.list });
  const [text, setText] = useState("");
  const names = useId();
  const color = (name: string) => tags?.items.find((tag) => tag.name === name)?.color;
  const add = () => {
    const name = text.trim().replace(/^#/, "");
    setText("");
    if (name && !task.tags.includes(name)) edit({ addTags: [name] });
  };
  const recolor = (tag: string) => {
    const next = COLORS[(COLORS.indexOf(color(tag) ?? "") + 1) % COLORS.length];
    if (next) void run({ type: "edit_tag", list: task.list, tag, color: next });
  };
  return (
    <div className="chips">
      {task.tags.map((tag) => (
        <span key={tag} className="chip tag" style={tagStyle(color(tag))}>
          <button type="button" title="Another colour" onClick={() => recolor(tag)}>
            {tag}
          </button>
          <button
            type="button"
            aria-label={`Remove the tag ${tag}`}
            onClick={() => edit({ removeTags: [tag] })}
          >
            <X size={13} />
          </button>
        </span>
      ))}
      <input
        className="quiet-input tag-input"
        list={names}
        value={text}
        placeholder="Add a tag"
        aria-label="Add a tag"
        maxLength={50}
        onChange={(event) => setText(event.target.value)}
        onBlur={add}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }}
      />
      <datalist id={names}>
        {(tags?.items ?? [])
          .filter((tag) => !task.tags.includes(tag.name))
          .map((tag) => (
            <option key={tag.name} value={tag.name} />
          ))}
      </datalist>
    </div>
  );
}
