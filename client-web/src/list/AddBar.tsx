import type { QuickAdd, SpanKind } from "@poo/engine";
import { CalendarDays, Flag, Hash, ListTodo, Plus, Repeat, User } from "lucide-react";
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { dueInWords } from "../lib/dates.ts";
import { inWords } from "../lib/recurrence.ts";
import { add, understand } from "../state/add.ts";
import { useStatus } from "../state/engine.ts";
import { useKept } from "../ui/useKept.ts";

/** Whether the line that went had the focus. */
let goesOn = false;

/**
 * One line that becomes a task. It can be typed in before anything else is there, clears at once and
 * keeps the focus, and shows while one types what was understood.
 */
export function AddBar({
  list,
  due,
  placeholder = "Add a task",
}: {
  list: string | null;
  due?: string;
  placeholder?: string;
}) {
  const [text, setText] = useKept("add");
  const [said, setSaid] = useState<{ text: string; quick: QuickAdd } | null>(null);
  const mirror = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const hint = useId();
  const { phase } = useStatus();

  // Who types while the list comes goes on in the line below it.
  useLayoutEffect(() => {
    const line = input.current;
    if (goesOn) line?.focus();
    goesOn = false;
    return () => {
      goesOn = document.activeElement === line;
    };
  }, []);
  useEffect(() => {
    if (!text.trim() || phase !== "ready") {
      setSaid(null);
      return;
    }
    let current = true;
    understand(text, list).then(
      (quick) => current && setSaid({ text, quick }),
      () => current && setSaid(null),
    );
    return () => {
      current = false;
    };
  }, [text, list, phase]);

  const submit = () => {
    const line = text.trim();
    if (!line) return;
    setText("");
    void add({ list, text: line, ...(due ? { due } : {}) });
  };

  // What was understood of a shorter text still holds for its beginning.
  const quick = said && text.startsWith(said.text) ? said.quick : null;
  return (
    <form
      className="add-bar"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {quick && <Understood quick={quick} hint={hint} />}
      <div className="add-line">
        <Plus size={20} className="add-plus" aria-hidden="true" />
        <div className="add-field">
          <div className="add-mirror" aria-hidden="true" ref={mirror}>
            {quick ? marked(text, quick) : text}
          </div>
          <input
            ref={input}
            id="add"
            className="add-input"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onScroll={(event) => {
              if (mirror.current) mirror.current.scrollLeft = event.currentTarget.scrollLeft;
            }}
            onKeyDown={(event) => {
              if (event.key === "Escape") {
                event.stopPropagation();
                if (text) setText("");
                else event.currentTarget.blur();
              }
            }}
            placeholder={placeholder}
            aria-label={placeholder}
            aria-describedby={hint}
            autoComplete="off"
            enterKeyHint="done"
            maxLength={2_000}
          />
        </div>
        <button type="submit" className="add-button" disabled={!text.trim()}>
          Add
        </button>
      </div>
    </form>
  );
}

function marked(text: string, quick: QuickAdd): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const span of quick.spans ?? []) {
    parts.push(text.slice(at, span.start));
    parts.push(
      <mark key={span.start} className={`mark-${span.kind}`}>
        {text.slice(span.start, span.end)}
      </mark>,
    );
    at = span.end;
  }
  parts.push(text.slice(at));
  return parts;
}

function Understood({ quick, hint }: { quick: QuickAdd; hint: string }) {
  const chips: [SpanKind, ReactNode, string][] = [];
  if (quick.due) chips.push(["due", <CalendarDays key="i" size={14} />, dueInWords(quick.due)]);
  if (quick.recurrence) chips.push(["recurrence", <Repeat key="i" size={14} />, inWords(quick.recurrence)]);
  for (const tag of quick.tags ?? []) chips.push(["tag", <Hash key="i" size={14} />, tag]);
  if (quick.priority && quick.priority !== "none") {
    chips.push(["priority", <Flag key="i" size={14} />, `${quick.priority} priority`]);
  }
  if (quick.assignee) chips.push(["assignee", <User key="i" size={14} />, quick.assignee]);
  if (quick.list) chips.push(["list", <ListTodo key="i" size={14} />, quick.list]);
  if (chips.length === 0) return null;
  return (
    <div className="understood" id={hint} role="status">
      {chips.map(([kind, icon, text]) => (
        <span key={kind + text} className={`chip mark-${kind}`}>
          {icon}
          {text}
        </span>
      ))}
    </div>
  );
}
