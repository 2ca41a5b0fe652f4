import type { List, Member, PersonHere, Task } from "@poo/engine";
import { ChevronRight } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { filterInAddress, fits } from "../lib/filter.ts";
import { useGhosts } from "../state/add.ts";
import { engine, run, useAnswer, useLatest, useLive } from "../state/engine.ts";
import { local, remember, useLocal } from "../state/local.ts";
import { go } from "../state/route.ts";
import { Skeleton } from "../ui/Skeleton.tsx";
import { ViewHead } from "../views/ViewHead.tsx";
import { AddBar } from "./AddBar.tsx";
import { BatchBar } from "./BatchBar.tsx";
import { FilterBar, NoneFits, useFilter } from "./FilterBar.tsx";
import { ListHead } from "./ListHead.tsx";
import { PhraseReminder } from "./PhraseReminder.tsx";
import { type Drop, flat, nest, rows, step } from "./rows.ts";
import { TaskList } from "./TaskList.tsx";
import type { RowActions } from "./TaskRow.tsx";
import { remove, toggle } from "./tasks.ts";
import { useTasks } from "./useTasks.ts";

const AislesView = lazy(() => import("./AislesView.tsx"));

/** One list: what is to do, what is done, and a line to add to it. */
export default function ListView({ id, task }: { id: string; task: string | undefined }) {
  const { data: list, error } = useAnswer({ type: "list", list: id });
  const sort = list?.sort ?? "manual";
  const [filter] = useFilter();
  const tasks = useTasks(id, sort, filter);
  const members = useLive({ type: "members", list: id });
  const here = useHere(id);

  useEffect(() => {
    remember("list", id);
    const come = () => engine.attend(id);
    // Others need not wait until who closed the page has been silent for long enough.
    const leave = () => engine.leave();
    come();
    addEventListener("pagehide", leave);
    addEventListener("pageshow", come);
    return () => {
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", come);
      engine.attend(null);
    };
  }, [id]);

  if (error) {
    return (
      <div className="view">
        <ViewHead title="This list is not here" />
        <main className="empty" id="main">
          <p>It may still be on its way from another device, or you may not be in it any more.</p>
          <a className="button" href="#/">
            Back to your lists
          </a>
        </main>
      </div>
    );
  }
  return (
    <Loaded key={id} id={id} list={list} tasks={tasks} members={members?.items} here={here} current={task} />
  );
}

/** Says how it came that a list is not one's own any more. */
function Gone({ list }: { list: string }) {
  const me = useLive({ type: "whoami" });
  const said = useLive({ type: "activity", list, limit: 50 });
  const last = said?.items.find(
    (row) =>
      (row.action === "removed" && row.memberName === me?.name) ||
      (row.action === "left" && row.actor === me?.did),
  );
  const words =
    last?.action === "removed"
      ? `${last.actorName} removed you from this list.`
      : last
        ? "You left this list."
        : "You are not in this list any more.";
  return <p className="notice">{words} Your copy is kept here, as it was.</p>;
}

/** Who looks at a list now, beside oneself. */
function useHere(list: string): PersonHere[] {
  const [people, setPeople] = useState<PersonHere[]>([]);
  const me = useLive({ type: "whoami" });
  useEffect(() => {
    setPeople([]);
    return engine.onNews((news) => {
      if (news.news === "here" && news.list === list) setPeople(news.people);
    });
  }, [list]);
  return useMemo(() => people.filter((person) => person.did !== me?.did), [people, me?.did]);
}

function Loaded({
  id,
  list,
  tasks,
  members,
  here,
  current,
}: {
  id: string;
  list: List | undefined;
  tasks: readonly Task[] | undefined;
  members: Member[] | undefined;
  here: PersonHere[];
  current: string | undefined;
}) {
  const [foldedList, setFolded] = useLocal<string[]>(`folded/${id}`, NONE);
  const [doneOpen, setDoneOpen] = useLocal(`done/${id}`, false);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [selecting, setSelecting] = useState(false);
  const drafts = useGhosts();
  const folded = useMemo(() => new Set(foldedList), [foldedList]);
  const [filter] = useFilter();
  const [filterOpen, setFilterOpen] = useState(false);
  const key = filterInAddress(filter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what the filter is
  const shown = useMemo(
    () => (filter ? flat((tasks ?? []).filter((task) => fits(filter, task))) : rows(tasks ?? [], folded)),
    [tasks, folded, key],
  );
  const doneShown = doneOpen || filter?.status === "done";
  const tags = useAnswer(filter || filterOpen ? { type: "tags", list: id } : null).data;
  const readOnly = list !== undefined && (list.role === null || list.role === "viewer");
  const latest = useLatest({ shown, tasks, selection });
  const filterNow = useLatest(filter);

  const clear = useCallback(() => {
    setSelection(new Set());
    setSelecting(false);
  }, []);
  const select = useCallback((task: Task) => {
    setSelecting(true);
    setSelection((before) => {
      const after = new Set(before);
      if (!after.delete(task.id)) after.add(task.id);
      return after;
    });
  }, []);
  const actions: RowActions = useMemo(
    () => ({
      toggle: (task) => void toggle(task),
      open: (task) => go({ at: "list", list: id, task: task.id, filter: filterNow.current }),
      select,
      fold: (task) => {
        const now = local<string[]>(`folded/${id}`, NONE);
        setFolded(now.includes(task.id) ? now.filter((one) => one !== task.id) : [...now, task.id]);
      },
    }),
    [id, select, setFolded, filterNow],
  );
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const open = () => {
      setFilterOpen(true);
      setAsked((times) => times + 1);
    };
    addEventListener("poo-filter", open);
    return () => removeEventListener("poo-filter", open);
  }, []);
  useEffect(() => {
    if (asked > 0) document.getElementById("filter-text")?.focus();
  }, [asked]);
  // What was filtered by an address can be filtered otherwise, once that is cleared.
  useEffect(() => {
    if (key) setFilterOpen(true);
  }, [key]);
  const move = useCallback(
    (task: string, place: Drop) =>
      void run({
        type: "move_task",
        list: id,
        task,
        parent: place.parent,
        ...(place.after ? { after: place.after } : {}),
      }),
    [id],
  );

  const onKey = useCallback(
    (event: React.KeyboardEvent, task: Task) => {
      const all = [...latest.current.shown.open, ...latest.current.shown.done];
      const key = event.key;
      if (event.altKey && (key === "ArrowUp" || key === "ArrowDown")) {
        const place = step(all, task.id, key === "ArrowUp" ? -1 : 1);
        if (place) void run({ type: "move_task", list: id, task: task.id, ...place });
      } else if (event.altKey && (key === "ArrowRight" || key === "ArrowLeft")) {
        const place = nest(all, task.id, key === "ArrowRight" ? 1 : -1);
        if (place) void run({ type: "move_task", list: id, task: task.id, ...place });
      } else if (event.altKey || event.ctrlKey || event.metaKey) {
        return;
      } else if (key === "x" || key === " ") {
        void toggle(task);
      } else if (key === "e") {
        actions.open(task);
      } else if (key === "d" || key === "Delete") {
        void remove(task);
      } else if (key === "v") {
        select(task);
      } else if (key === "Escape") {
        clear();
        return;
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    },
    [id, actions, select, clear, latest],
  );

  const peopleAt = useMemo(() => {
    const at = new Map<string, string[]>();
    for (const person of here) {
      if (person.task) at.set(person.task, [...(at.get(person.task) ?? []), person.did]);
    }
    return at;
  }, [here]);
  const ghosts = drafts.filter((draft) => !draft.parent && (draft.list === id || draft.list === null));
  const chosen = (tasks ?? []).filter((task) => selection.has(task.id));
  const common = { actions, selection, selecting, current, members, peopleAt, readOnly, onKey, listId: id };
  return (
    <div className="view">
      <ListHead id={id} list={list} members={members} here={here} onSelect={() => setSelecting(true)} />
      {(filter || filterOpen) && (
        <FilterBar
          members={members ?? []}
          tags={tags?.items.map((tag) => tag.name) ?? []}
          shown={tasks && shown.open.length + shown.done.length}
          onClose={() => setFilterOpen(false)}
        />
      )}
      <main className="scroll" id="main">
        <PhraseReminder />
        {list?.role === null && <Gone list={id} />}
        {list?.deletedAt && (
          <div className="notice">
            <span>This list was deleted.</span>
            {list.role === "owner" && (
              <button
                type="button"
                className="button small"
                onClick={() => void run({ type: "restore_list", list: id })}
              >
                Restore
              </button>
            )}
          </div>
        )}
        {tasks && filter && shown.open.length === 0 && shown.done.length === 0 && <NoneFits />}
        {tasks && !filter && shown.open.length === 0 && shown.done.length === 0 && ghosts.length === 0 && (
          <div className="empty">
            <p className="empty-title">Nothing here yet</p>
            <p>
              {readOnly
                ? "Tasks that others add appear here."
                : "Type below what is to be done. “Milk tomorrow 9am” works."}
            </p>
          </div>
        )}
        {tasks && !filter && shown.open.length === 0 && shown.done.length > 0 && (
          <div className="empty small">
            <p className="empty-title">All done</p>
          </div>
        )}
        {ghosts.map((draft) => (
          <div key={draft.text} className="row ghost">
            <span className="check" />
            <span className="row-text">{draft.text}</span>
          </div>
        ))}
        {!tasks && <Skeleton />}
        {list?.view === "aisles" ? (
          <Suspense fallback={<Skeleton />}>
            <AislesView {...common} rows={shown.open} />
          </Suspense>
        ) : (
          <TaskList
            {...common}
            rows={shown.open}
            label={list?.title ?? "Tasks"}
            onMove={
              readOnly || filter || selecting || (list?.sort ?? "manual") !== "manual" ? undefined : move
            }
          />
        )}
        {shown.done.length > 0 && (
          <section className="done-part">
            <button
              type="button"
              className={doneShown ? "done-head open" : "done-head"}
              aria-expanded={doneShown}
              onClick={() => setDoneOpen(!doneOpen)}
            >
              <ChevronRight size={16} /> Done ({shown.done.filter((row) => row.depth === 0).length})
            </button>
            {doneShown && <TaskList {...common} rows={shown.done} label="Done" onMove={undefined} />}
          </section>
        )}
      </main>
      {selecting ? (
        <BatchBar tasks={chosen} onDone={clear} />
      ) : (
        !readOnly && <AddBar list={id} placeholder="Add a task" />
      )}
    </div>
  );
}

const NONE: string[] = [];
