import type { Task } from "@poo/engine";
import { Flame } from "lucide-react";
import { useMemo } from "react";
import { capital, dueInWords, parts, today } from "../lib/dates.ts";
import { AddBar } from "../list/AddBar.tsx";
import { focusNear } from "../list/near.ts";
import { type RowActions, TaskRow } from "../list/TaskRow.tsx";
import { remove, toggle } from "../list/tasks.ts";
import { DAYS_AHEAD } from "../state/add.ts";
import { useLive, zone } from "../state/engine.ts";
import { go } from "../state/route.ts";
import { Skeleton } from "../ui/Skeleton.tsx";
import { ViewHead } from "./ViewHead.tsx";

const NOTHING: ReadonlySet<string> = new Set();
const OVERDUE = "Overdue";

/** Tasks of all lists: what is due today, what comes, what matters. */
export function Agenda({ view }: { view: "today" | "upcoming" | "focus" }) {
  const tasks = useLive(
    view === "today"
      ? { type: "today", zone }
      : view === "upcoming"
        ? { type: "upcoming", days: DAYS_AHEAD, zone }
        : { type: "focus", zone },
  );
  const lists = useLive({ type: "lists" });
  const titles = useMemo(() => new Map((lists?.items ?? []).map((list) => [list.id, list.title])), [lists]);
  const parts = useMemo(() => grouped(tasks?.items ?? [], view), [tasks, view]);
  const actions: RowActions = useMemo(
    () => ({
      toggle: (task) => void toggle(task),
      open: (task) => go({ at: "list", list: task.list, task: task.id }),
      fold: () => {},
      select: () => {},
    }),
    [],
  );
  const words = {
    today: ["Today", "Nothing is due today", "Enjoy it, or add something that is."],
    upcoming: ["Upcoming", "Nothing is coming up", "Tasks with a date in the next month appear here."],
    focus: ["Focus", "Nothing is urgent", "Tasks of high priority appear here, from all lists."],
  }[view];
  return (
    <div className="view">
      <ViewHead title={words[0] ?? ""}>{view === "today" && <StreakMark />}</ViewHead>
      <main className="scroll" id="main">
        {!tasks && <Skeleton />}
        {tasks?.items.length === 0 && (
          <div className="empty">
            <p className="empty-title">{words[1]}</p>
            <p>{words[2]}</p>
          </div>
        )}
        {parts.map(([title, group]) => (
          <section key={title} className="group">
            {title && <h2 className="group-head">{title}</h2>}
            <ul
              className="plain"
              onKeyDown={(event) => {
                const id = (event.target as HTMLElement).dataset.row;
                const task = group.find((one) => one.id === id);
                if (!task || event.altKey || event.ctrlKey || event.metaKey) return;
                if (event.key === "x" || event.key === " ") void toggle(task);
                else if (event.key === "d" || event.key === "Delete") void remove(task);
                else if (event.key === "j" || event.key === "ArrowDown")
                  focusNear(event.target as HTMLElement, 1);
                else if (event.key === "k" || event.key === "ArrowUp")
                  focusNear(event.target as HTMLElement, -1);
                else return;
                event.preventDefault();
              }}
            >
              {group.map((task) => (
                <li key={task.list + task.id}>
                  <TaskRow
                    row={{ task, depth: 0, parts: 0, open: false }}
                    actions={actions}
                    selected={NOTHING.has(task.id)}
                    selecting={false}
                    current={false}
                    listTitle={titles.get(task.list)}
                    dayIsSaid={view !== "focus" && title !== OVERDUE}
                  />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </main>
      <AddBar
        list={null}
        {...(view === "today" ? { due: today(), placeholder: "Add a task for today" } : {})}
      />
    </div>
  );
}

function grouped(tasks: readonly Task[], view: "today" | "upcoming" | "focus"): [string, Task[]][] {
  const now = today();
  const groups = new Map<string, Task[]>();
  for (const task of tasks) {
    const date = task.due ? parts(task.due).date : null;
    let title = "";
    if (view === "today") title = date && date < now ? OVERDUE : "Today";
    else if (view === "upcoming" && date) title = capital(dueInWords(date));
    groups.set(title, [...(groups.get(title) ?? []), task]);
  }
  // One heading that says what the page's says is none.
  if (view === "today" && groups.size === 1 && groups.has("Today")) return [["", groups.get("Today") ?? []]];
  return [...groups];
}

function StreakMark() {
  const streak = useLive({ type: "streak", zone });
  if (!streak || streak.current < 2) return null;
  return (
    <span className="streak" title={`Longest: ${streak.longest} days`}>
      <Flame size={16} aria-hidden="true" /> {streak.current} days in a row
    </span>
  );
}
