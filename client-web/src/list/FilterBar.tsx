import type { Member } from "@poo/engine";
import { Search, X } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { DUES, type DueRange, type Filter, PRIORITIES, STATUSES, tidy } from "../lib/filter.ts";
import { go, usePlace } from "../state/route.ts";

/** The filter of this place, as its address has it, and how to change it. */
export function useFilter(): [Filter | undefined, (patch: Filter | undefined) => void] {
  const place = usePlace();
  const filter = place.at === "list" || place.at === "all" ? place.filter : undefined;
  const set = (next: Filter | undefined) => {
    if (place.at !== "list" && place.at !== "all") return;
    // Going back takes a whole text off, not each letter of it.
    const goesOn = Boolean(filter?.text && next?.text && filter.text !== next.text);
    go({ ...place, filter: next }, goesOn ? "replace" : "push");
  };
  return [filter, set];
}

/** Picks which tasks are shown. What is picked stands in the address, so that Back takes it off. */
export function FilterBar({
  members,
  tags,
  shown,
  onClose,
}: {
  members: readonly Pick<Member, "did" | "name" | "me">[];
  tags: readonly string[];
  /** How many tasks fit. */
  shown: number | undefined;
  onClose?: () => void;
}) {
  const [filter, set] = useFilter();
  const patch = (part: { [Key in keyof Filter]: Filter[Key] | undefined }) =>
    set(tidy({ ...filter, ...part }));
  const said = filter?.text ?? "";
  const [text, setText] = useState(said);
  const wrote = useRef(said);
  const input = useRef<HTMLInputElement>(null);
  const tagList = tags.includes(filter?.tag ?? "") || !filter?.tag ? tags : [filter.tag, ...tags];
  const people = members.map((one): [string, string] => [one.did, one.me ? `${one.name} (you)` : one.name]);
  if (filter?.who && !members.some((one) => one.did === filter.who)) people.push([filter.who, "Somebody"]);
  useEffect(() => {
    // The address changed by another way than by typing here.
    if (said !== wrote.current) setText(said);
    wrote.current = said;
  }, [said]);
  const clear = () => {
    set(undefined);
    input.current?.focus();
  };
  return (
    <search className="filter-bar" aria-label="Filter">
      <div className="filter-text">
        <Search size={16} aria-hidden="true" />
        <input
          ref={input}
          id="filter-text"
          type="text"
          aria-label="Words in the task"
          placeholder="Words in the task"
          value={text}
          maxLength={200}
          onChange={(event) => {
            setText(event.target.value);
            wrote.current = event.target.value;
            patch({ text: event.target.value || undefined });
          }}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.preventDefault();
            if (filter) clear();
            else onClose?.();
          }}
        />
      </div>
      <Pick label="Status" value={filter?.status} of={STATUSES} onPick={(status) => patch({ status })} />
      <Pick
        label="Priority"
        value={filter?.priority}
        of={PRIORITIES}
        onPick={(priority) => patch({ priority })}
      />
      <Pick
        label="Due"
        value={filter?.due}
        of={DUES}
        onPick={(due: DueRange | undefined) => patch({ due })}
      />
      {filter?.due === "range" && (
        <div className="filter-days">
          <input
            type="date"
            aria-label="Due from"
            value={filter.from ?? ""}
            onChange={(event) => patch({ from: event.target.value })}
          />
          <span aria-hidden="true">–</span>
          <input
            type="date"
            aria-label="Due until"
            value={filter.to ?? ""}
            onChange={(event) => patch({ to: event.target.value })}
          />
        </div>
      )}
      {tagList.length > 0 && (
        <Pick
          label="Tag"
          value={filter?.tag}
          of={tagList.map((tag): [string, string] => [tag, `#${tag}`])}
          onPick={(tag) => patch({ tag })}
        />
      )}
      {people.length > 1 && (
        <Pick label="For" value={filter?.who} of={people} onPick={(who) => patch({ who })} />
      )}
      {filter ? (
        <p className="filter-said">
          <span role="status">
            {shown === undefined ? "" : shown === 1 ? "1 task fits" : `${shown} tasks fit`}
          </span>
          <button type="button" className="button small" onClick={clear}>
            <X size={15} /> Clear the filter
          </button>
        </p>
      ) : (
        onClose && (
          <button type="button" className="icon-button small" aria-label="Close the filter" onClick={onClose}>
            <X size={16} />
          </button>
        )
      )}
    </search>
  );
}

function Pick<T extends string>({
  label,
  value,
  of,
  onPick,
}: {
  label: string;
  value: T | undefined;
  of: readonly (readonly [T, string])[];
  onPick: (value: T | undefined) => void;
}) {
  const id = useId();
  return (
    <span className={value ? "pick picked" : "pick"}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value ?? ""}
        onChange={(event) => onPick((event.target.value || undefined) as T)}
      >
        <option value="">Any</option>
        {of.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </span>
  );
}

/** What is said where nothing fits. */
export function NoneFits() {
  const [, set] = useFilter();
  return (
    <div className="empty small">
      <p className="empty-title">No task fits the filter</p>
      <button type="button" className="button" onClick={() => set(undefined)}>
        Show all tasks
      </button>
    </div>
  );
}
