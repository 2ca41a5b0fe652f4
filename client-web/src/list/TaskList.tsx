import {
  closestCenter,
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  PointerSensor,
  TouchSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { SortableContext, sortableKeyboardCoordinates, verticalListSortingStrategy } from "@dnd-kit/sortable";
import type { Member, Task } from "@poo/engine";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useAnswer } from "../state/engine.ts";
import { focusNear } from "./near.ts";
import { type Drop, drop, hasMeta, type Row } from "./rows.ts";
import { type Face, type RowActions, TaskRow } from "./TaskRow.tsx";

/** How high rows are whose title takes one line, as the styles make them. */
const ROW_PX = 46;
const ROW_WITH_META_PX = 54;
/** What moved settles for so long. */
const SETTLES_MS = 400;
const NEST_PX = 26;
const CAME_MOST = 10;
const NONE: ReadonlySet<string> = new Set();

/** Rows of tasks, of which only those in view are in the page. Arrows and j, k go through them. */
export function TaskList({
  rows,
  label,
  listId,
  listTitles,
  actions,
  selection,
  selecting,
  current,
  members,
  peopleAt,
  readOnly,
  onKey,
  onMove,
}: {
  rows: readonly Row[];
  label: string;
  /** The list that all of them are of, if they are of one. */
  listId: string | null;
  /** What the lists are called, where they are mixed. */
  listTitles?: ReadonlyMap<string, string>;
  actions: RowActions;
  selection: ReadonlySet<string>;
  selecting: boolean;
  current: string | undefined;
  members: readonly Member[] | undefined;
  peopleAt: ReadonlyMap<string, string[]>;
  readOnly: boolean;
  onKey: (event: React.KeyboardEvent, task: Task) => void;
  onMove: ((task: string, place: Drop) => void) | undefined;
}) {
  const root = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  const tags = useAnswer(listId ? { type: "tags", list: listId } : null).data;
  const tagColors = useSame<string>(
    (tags?.items ?? []).flatMap((tag) => (tag.color ? [[tag.name, tag.color]] : [])),
  );
  // What stands above grows and shrinks.
  useLayoutEffect(() => setOffset(root.current?.offsetTop ?? 0));
  const mixed = listTitles !== undefined;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => root.current?.closest<HTMLElement>(".scroll") ?? null,
    // What is as high as it was thought to be needs no second look when it comes into view.
    estimateSize: (index) => {
      const row = rows[index];
      return row && (mixed || hasMeta(row)) ? ROW_WITH_META_PX : ROW_PX;
    },
    // Another function makes all rows be placed anew.
    getItemKey: useCallback((index: number) => rows[index]?.task.id ?? index, [rows]),
    overscan: 12,
    scrollMargin: offset,
  });
  const ids = useMemo(() => rows.map((row) => row.task.id), [rows]);
  const came = useCame(ids);
  const faces = useSame<Face>((members ?? []).map(({ did, name, color }) => [did, { name, color }]));
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 180, tolerance: 8 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );

  // Rows are told to dnd-kit when a grip is taken, before the grip itself hears of it.
  const described = useId();
  const [moving, setMoving] = useState(false);
  const settled = useRef<ReturnType<typeof setTimeout>>(undefined);
  const take = (event: { target: EventTarget }) => {
    if (!(event.target as HTMLElement).closest(".grip")) return;
    clearTimeout(settled.current);
    if (!moving) flushSync(() => setMoving(true));
  };
  const settle = () => {
    clearTimeout(settled.current);
    settled.current = setTimeout(() => setMoving(false), SETTLES_MS);
  };

  const wanted = useRef<string | null>(null);
  const focus = (from: HTMLElement, index: number, by: 1 | -1) => {
    const row = rows[index];
    if (!row) {
      // Into the rows before or behind these.
      focusNear(from, by);
      return;
    }
    const shown = () => root.current?.querySelector<HTMLElement>(`[data-row="${row.task.id}"]`);
    const there = shown();
    if (there) {
      there.focus();
      return;
    }
    wanted.current = row.task.id;
    virtualizer.scrollToIndex(index);
  };
  // A row that was scrolled to gets the focus once it is in the page.
  useEffect(() => {
    if (!wanted.current) return;
    const there = root.current?.querySelector<HTMLElement>(`[data-row="${wanted.current}"]`);
    if (!there) return;
    wanted.current = null;
    there.focus();
  });

  const items = virtualizer.getVirtualItems();
  const body = (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the list, for the row that has the focus
    <div
      ref={root}
      className="rows"
      style={{ height: virtualizer.getTotalSize() }}
      onPointerDownCapture={take}
      onTouchStartCapture={take}
      onKeyDownCapture={(event) => {
        if (event.key === " " || event.key === "Enter") take(event);
      }}
      onKeyDown={(event) => {
        const id = (event.target as HTMLElement).closest<HTMLElement>("[data-row]")?.dataset.row;
        const at = id ? ids.indexOf(id) : -1;
        const row = rows[at];
        if (!row) return;
        const plain = !(event.altKey || event.ctrlKey || event.metaKey);
        if (plain && (event.key === "j" || event.key === "ArrowDown")) {
          event.preventDefault();
          focus(event.target as HTMLElement, at + 1, 1);
        } else if (plain && (event.key === "k" || event.key === "ArrowUp")) {
          event.preventDefault();
          focus(event.target as HTMLElement, at - 1, -1);
        } else {
          onKey(event, row.task);
        }
      }}
    >
      <ul aria-label={label} style={{ transform: `translateY(${(items[0]?.start ?? offset) - offset}px)` }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <li
              key={item.key}
              className={came.has(row.task.id) ? "came" : undefined}
              ref={virtualizer.measureElement}
              data-index={item.index}
              aria-setsize={rows.length}
              aria-posinset={item.index + 1}
            >
              <TaskRow
                row={row}
                actions={actions}
                selected={selection.has(row.task.id)}
                selecting={selecting}
                current={current === row.task.id}
                listTitle={listTitles?.get(row.task.list)}
                faces={faces}
                here={peopleAt.get(row.task.id)?.join(" ")}
                tagColors={tagColors}
                readOnly={readOnly}
                movable={onMove && described}
                moving={moving}
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
  if (!onMove) return body;
  const ended = ({ active, over, delta }: DragEndEvent) => {
    settle();
    const moved = rows.find((row) => row.task.id === active.id);
    if (!over || !moved) return;
    const depth = moved.depth + Math.round(delta.x / NEST_PX);
    if (over.id === active.id && depth === moved.depth) return;
    const place = drop(rows, String(active.id), String(over.id), depth);
    if (place) onMove(String(active.id), place);
  };
  return (
    <DndContext
      id={described}
      sensors={sensors}
      collisionDetection={closestCenter}
      onDragStart={() => clearTimeout(settled.current)}
      onDragEnd={ended}
      onDragCancel={settle}
      onDragAbort={settle}
    >
      <SortableContext items={ids} strategy={verticalListSortingStrategy}>
        {body}
      </SortableContext>
    </DndContext>
  );
}

/** A map of what is given: the same one as before as long as that says the same, so that no row is drawn anew. */
function useSame<T>(entries: [string, T][]): ReadonlyMap<string, T> {
  const said = JSON.stringify(entries);
  return useMemo(() => new Map(JSON.parse(said) as [string, T][]), [said]);
}

/** What came to rows that were there: it is let in softly, whoever added it. */
function useCame(ids: readonly string[]): ReadonlySet<string> {
  const before = useRef<ReadonlySet<string> | null>(null);
  const [came, setCame] = useState(NONE);
  useLayoutEffect(() => {
    const known = before.current;
    before.current = new Set(ids);
    const fresh = known ? ids.filter((id) => !known.has(id)) : [];
    // Many at once are another view of the list.
    if (fresh.length > 0 && fresh.length <= CAME_MOST) setCame(new Set(fresh));
  }, [ids]);
  return came;
}
