import type { Member } from "@poo/engine";
import { useMemo } from "react";
import { filterInAddress, fits, forEngine } from "../lib/filter.ts";
import { FilterBar, NoneFits, useFilter } from "../list/FilterBar.tsx";
import { flat } from "../list/rows.ts";
import { TaskList } from "../list/TaskList.tsx";
import type { RowActions } from "../list/TaskRow.tsx";
import { remove, toggle } from "../list/tasks.ts";
import { useLive, zone } from "../state/engine.ts";
import { go } from "../state/route.ts";
import { Skeleton } from "../ui/Skeleton.tsx";
import { ViewHead } from "./ViewHead.tsx";

const TASKS_MAX = 10_000;
const NOBODY = new Map<string, string[]>();
const NOTHING: ReadonlySet<string> = new Set();

/** The tasks of all lists, of which a filter picks some. What is done is there if it is asked for. */
export default function AllTasks() {
  const [filter] = useFilter();
  const key = filterInAddress(filter);
  const said = filter && forEngine(filter);
  const tasks = useLive({ type: "tasks", limit: TASKS_MAX, zone, ...said });
  const whole = useLive({ type: "tasks", limit: TASKS_MAX, zone });
  const lists = useLive({ type: "lists" });
  const me = useLive({ type: "whoami" });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what the filter is
  const items = useMemo(
    () =>
      tasks?.items.filter(
        (task) => (filter ? fits(filter, task) : true) && (filter?.status === "done" || !task.done),
      ),
    [tasks, key],
  );
  const rows = useMemo(() => {
    const all = flat(items ?? []);
    return [...all.open, ...all.done];
  }, [items]);
  const titles = useMemo(() => new Map((lists?.items ?? []).map((list) => [list.id, list.title])), [lists]);
  const { tags, people } = useMemo(() => {
    const tags = new Set<string>();
    const people = new Map<string, Pick<Member, "did" | "name" | "me">>();
    for (const { tags: its, assignee } of whole?.items ?? []) {
      for (const tag of its) tags.add(tag);
      if (assignee) people.set(assignee.did, { ...assignee, me: assignee.did === me?.did });
    }
    if (me) people.set(me.did, { did: me.did, name: me.name, me: true });
    return { tags: [...tags].sort((a, b) => a.localeCompare(b)), people: [...people.values()] };
  }, [whole, me]);
  const actions: RowActions = useMemo(
    () => ({
      toggle: (task) => void toggle(task),
      open: (task) => go({ at: "list", list: task.list, task: task.id }),
      fold: () => {},
      select: () => {},
    }),
    [],
  );
  return (
    <div className="view">
      <ViewHead title="All tasks">{items && <span className="head-count">{items.length}</span>}</ViewHead>
      <FilterBar members={people} tags={tags} shown={items?.length} />
      <main className="scroll" id="main">
        {!items && <Skeleton />}
        {items?.length === 0 &&
          (filter ? (
            <NoneFits />
          ) : (
            <div className="empty">
              <p className="empty-title">Nothing is to do</p>
            </div>
          ))}
        <TaskList
          rows={rows}
          label="All tasks"
          listId={null}
          listTitles={titles}
          actions={actions}
          selection={NOTHING}
          selecting={false}
          current={undefined}
          members={undefined}
          peopleAt={NOBODY}
          readOnly={false}
          onKey={(event, task) => {
            if (event.altKey || event.ctrlKey || event.metaKey) return;
            if (event.key === "x" || event.key === " ") void toggle(task);
            else if (event.key === "e") actions.open(task);
            else if (event.key === "d" || event.key === "Delete") void remove(task);
            else return;
            event.preventDefault();
          }}
          onMove={undefined}
        />
      </main>
    </div>
  );
}
