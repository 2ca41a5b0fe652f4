import type { Task } from "@poo/engine";
import { ChevronRight, Paperclip, Repeat, Split, StickyNote } from "lucide-react";
import { memo, useRef } from "react";
import { dueInWords, parts, timeInWords } from "../lib/dates.ts";
import { inWords } from "../lib/recurrence.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { useLongPress } from "../ui/useLongPress.ts";
import { Check } from "./Check.tsx";
import { hasMeta, type Row } from "./rows.ts";
import { type DragKeys, Sortable } from "./Sortable.tsx";

export interface RowActions {
  toggle(task: Task): void;
  open(task: Task): void;
  fold(task: Task): void;
  select(task: Task): void;
}

/** How somebody shows themselves. */
export interface Face {
  name: string;
  color?: string | undefined;
}

interface Props {
  row: Row;
  actions: RowActions;
  selected: boolean;
  selecting: boolean;
  current: boolean;
  /** The title of its list, where lists are mixed. */
  listTitle?: string | undefined;
  /** How the members show themselves, by DID. */
  faces?: ReadonlyMap<string, Face> | undefined;
  /** Who looks at it right now: their DIDs, with spaces between. */
  here?: string | undefined;
  tagColors?: ReadonlyMap<string, string> | undefined;
  readOnly?: boolean;
  /** What says how it is moved, by its id; without it, it is not. */
  movable?: string | undefined;
  /** Whether something of the list is about to be moved. */
  moving?: boolean;
  /** Whether the day on which it is due is said above it. */
  dayIsSaid?: boolean | undefined;
}

/** One task in a list. */
export const TaskRow = memo(function TaskRow(props: Props) {
  const { row, moving, movable } = props;
  const place = useRef<HTMLDivElement>(null);
  const grip = useRef<HTMLButtonElement>(null);
  const drag = useRef<DragKeys>(undefined);
  return (
    <div ref={place} className="row-place">
      {movable && moving && <Sortable id={row.task.id} place={place} grip={grip} drag={drag} />}
      <RowBody
        {...props}
        grip={
          movable && (
            <button
              type="button"
              className="grip"
              ref={grip}
              aria-label={`Move ${row.task.title}`}
              aria-roledescription="sortable"
              aria-describedby={movable}
              onPointerDown={(event) => drag.current?.onPointerDown?.(event)}
              onTouchStart={(event) => drag.current?.onTouchStart?.(event)}
              onKeyDown={(event) => drag.current?.onKeyDown?.(event)}
            />
          )
        }
      />
    </div>
  );
});

function RowBody({
  row,
  actions,
  selected,
  selecting,
  current,
  listTitle,
  faces,
  here,
  tagColors,
  readOnly,
  dayIsSaid,
  grip,
}: Props & { grip: React.ReactNode }) {
  const { task, depth } = row;
  const press = useLongPress(() => actions.select(task));
  const classes = ["row"];
  if (task.done) classes.push("done");
  if (selected) classes.push("selected");
  if (current) classes.push("current");
  return (
    <div className={classes.join(" ")} style={{ paddingInlineStart: 8 + Math.min(depth, 8) * 26 }}>
      {grip}
      {selecting ? (
        <input
          type="checkbox"
          className="select-box"
          checked={selected}
          aria-label={`Select ${task.title}`}
          onChange={() => actions.select(task)}
        />
      ) : (
        <Check task={task} disabled={readOnly ?? false} onToggle={() => actions.toggle(task)} />
      )}
      <div className="row-text">
        <button
          type="button"
          className="row-title"
          data-row={task.id}
          {...press.props}
          onClick={(event) => {
            if (press.wasHeld()) return;
            if (selecting || event.shiftKey) actions.select(task);
            else actions.open(task);
          }}
        >
          {task.title}
        </button>
        <Meta row={row} listTitle={listTitle} tagColors={tagColors} dayIsSaid={dayIsSaid} />
      </div>
      {row.parts > 0 && (
        <button
          type="button"
          className={row.open ? "fold open" : "fold"}
          aria-expanded={row.open}
          aria-label={`Subtasks of ${task.title}`}
          onClick={() => actions.fold(task)}
        >
          <ChevronRight size={16} />
        </button>
      )}
      {here?.split(" ").map((did) => {
        const face = faces?.get(did);
        return (
          <Avatar
            key={did}
            did={did}
            name={face?.name ?? "?"}
            label={`${face?.name ?? "Somebody"} is here`}
            color={face?.color}
            size={20}
            live
          />
        );
      })}
      {task.assignee && (
        <Avatar
          did={task.assignee.did}
          name={task.assignee.name}
          color={faces?.get(task.assignee.did)?.color}
        />
      )}
    </div>
  );
}

function Meta({
  row,
  listTitle,
  tagColors,
  dayIsSaid,
}: Pick<Props, "row" | "listTitle" | "tagColors" | "dayIsSaid">) {
  const { task } = row;
  if (!listTitle && !hasMeta(row)) return null;
  const time = task.due && parts(task.due).time;
  const due = task.due && (dayIsSaid ? time && timeInWords(time) : dueInWords(task.due));
  return (
    <div className="row-meta">
      {due && (
        <span className={task.overdue && !task.done ? "due overdue" : "due"}>
          {due}
          {task.overdue && !task.done && <span className="sr-only"> (overdue)</span>}
        </span>
      )}
      {task.recurrence && (
        <span title={inWords(task.recurrence)}>
          <Repeat size={13} aria-label={inWords(task.recurrence)} role="img" />
        </span>
      )}
      {task.progress && (
        <span>
          {task.progress.done}/{task.progress.total}
        </span>
      )}
      {task.tags.map((tag) => (
        <span key={tag} className="tag" style={tagStyle(tagColors?.get(tag))}>
          {tag}
        </span>
      ))}
      {task.notes && <StickyNote size={13} aria-label="Has notes" role="img" />}
      {task.attachments && <Paperclip size={13} aria-label="Has files" role="img" />}
      {task.conflicts && (
        <span className="conflict-mark" title="Two people changed this at once">
          <Split size={13} aria-label="Two people changed this at once" role="img" />
        </span>
      )}
      {listTitle && <span className="row-list">{listTitle}</span>}
    </div>
  );
}

export function tagStyle(color: string | undefined): React.CSSProperties | undefined {
  return color && /^#[0-9a-f]{6}$/i.test(color) ? ({ "--tag": color } as React.CSSProperties) : undefined;
}
