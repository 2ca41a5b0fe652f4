import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { AddBar } from "./list/AddBar.tsx";
import { Sidebar } from "./lists/Sidebar.tsx";
import { syncInWords } from "./people/SyncMark.tsx";
import { useGhosts } from "./state/add.ts";
import { begin, comeBack, home, useFailed, useOpened } from "./state/begin.ts";
import { engine, redo, undo, useStatus } from "./state/engine.ts";
import { go, usePlace } from "./state/route.ts";
import { Skeleton } from "./ui/Skeleton.tsx";
import { Toasts } from "./ui/Toasts.tsx";
import { ViewHead } from "./views/ViewHead.tsx";

const loadList = () => import("./list/ListView.tsx");
const ListView = lazy(loadList);
const Agenda = lazy(() => import("./views/Agenda.tsx").then(({ Agenda }) => ({ default: Agenda })));
const Details = lazy(() => import("./task/Details.tsx").then(({ Details }) => ({ default: Details })));
const AllTasks = lazy(() => import("./views/AllTasks.tsx"));
const Calendar = lazy(() => import("./views/Calendar.tsx"));
const Trash = lazy(() => import("./views/Trash.tsx"));
const Settings = lazy(() => import("./views/Settings.tsx"));
const ActivityView = lazy(() => import("./views/ActivityView.tsx"));
const Search = lazy(() => import("./views/Search.tsx"));
const Keys = lazy(() => import("./views/Keys.tsx"));
const NewList = lazy(() => import("./lists/NewList.tsx"));
const ByLink = lazy(() => import("./people/ByLink.tsx"));
const Celebration = lazy(() => import("./views/Celebration.tsx"));
const Reminders = lazy(() => import("./views/Reminders.tsx"));

let begun = false;

export function App() {
  const [open, setOpen] = useState<"search" | "keys" | "new" | null>(null);
  const [drawer, setDrawer] = useState(false);
  const place = usePlace();
  const opened = useOpened();
  const failed = useFailed();
  const { phase } = useStatus();
  const close = useCallback(() => setOpen(null), []);

  useEffect(() => {
    if (begun) return;
    begun = true;
    void begin();
    // Not needed to type, but as soon as there is a list: so it comes right behind the first paint.
    requestAnimationFrame(() =>
      setTimeout(() => {
        void loadList();
        comeBack();
      }),
    );
  }, []);
  useEffect(() => {
    if (phase === "ready" && place.at === "none" && !opened) void home();
  }, [phase, place, opened]);
  useEffect(() => {
    const show = () => setDrawer(true);
    addEventListener("poo-sidebar", show);
    return () => removeEventListener("poo-sidebar", show);
  }, []);
  useMoments();
  useKeys(setOpen);

  const task = place.at === "list" ? place.task : undefined;
  return (
    <>
      <button
        type="button"
        className="skip"
        onClick={() => {
          document.querySelector<HTMLElement>("#main [data-row], #add")?.focus();
        }}
      >
        Skip to the tasks
      </button>
      <div className={["app", drawer && "drawer-open", task && "with-details"].filter(Boolean).join(" ")}>
        <Sidebar
          onSearch={() => setOpen("search")}
          onNew={() => setOpen("new")}
          onGo={() => setDrawer(false)}
        />
        {drawer && (
          <button
            type="button"
            className="scrim"
            aria-label="Close the lists"
            onClick={() => setDrawer(false)}
          />
        )}
        <div className="center">
          <Warning />
          {failed ? (
            <div className="empty">
              <h1>Poo App could not start</h1>
              <p>{failed}</p>
              <button type="button" className="button primary" onClick={() => location.reload()}>
                Try again
              </button>
            </div>
          ) : (
            // A boundary for each place: else the last one stays in the page, unseen, until the next
            // has loaded, and there are two lines to add to.
            <Suspense key={place.at} fallback={<Blank />}>
              {place.at === "list" && <ListView id={place.list} task={task} />}
              {(place.at === "today" || place.at === "upcoming" || place.at === "focus") && (
                <Agenda key={place.at} view={place.at} />
              )}
              {place.at === "all" && <AllTasks />}
              {place.at === "calendar" && <Calendar />}
              {place.at === "trash" && <Trash />}
              {place.at === "settings" && <Settings />}
              {place.at === "activity" && <ActivityView />}
              {place.at === "none" && <Blank />}
            </Suspense>
          )}
        </div>
        {place.at === "list" && task && (
          <Suspense>
            <Details list={place.list} id={task} />
          </Suspense>
        )}
      </div>
      <Suspense>
        {opened && <ByLink opened={opened} />}
        {open === "search" && <Search onClose={close} />}
        {open === "keys" && <Keys onClose={close} />}
        {open === "new" && <NewList onClose={close} />}
        {phase === "ready" && <Reminders />}
        {phase === "ready" && <Celebration />}
      </Suspense>
      <Toasts />
    </>
  );
}

/** What is there before anything is loaded: one can type already. */
function Blank() {
  const waiting = useGhosts();
  return (
    <div className="view">
      <ViewHead title="" />
      <main className="scroll" id="main">
        {waiting.map((draft) => (
          <div key={draft.text} className="row ghost">
            <span className="check" />
            <span className="row-text">{draft.text}</span>
          </div>
        ))}
        <Skeleton />
      </main>
      <AddBar list={null} />
    </div>
  );
}

/** What one has to know before one relies on this browser. */
function Warning() {
  const status = useStatus();
  if (status.phase === "ready" && status.storage === "memory") {
    return (
      <div className="banner" role="alert">
        This browser does not keep your lists: {status.problem?.message}. They are gone when you close this
        window
        {status.connection === "online" ? ", except on your other devices." : "."}
      </div>
    );
  }
  if (status.phase === "failed" && status.problem?.code === "crashed") {
    return (
      <div className="banner" role="alert">
        Something broke. What you did before is saved.{" "}
        <button type="button" className="button small" onClick={() => location.reload()}>
          Open again
        </button>
      </div>
    );
  }
  return null;
}

/** A new day, and a page that is looked at again, change what is due. */
function useMoments(): void {
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") engine.refresh();
    };
    document.addEventListener("visibilitychange", look);
    const timer = setInterval(look, 60_000);
    return () => {
      document.removeEventListener("visibilitychange", look);
      clearInterval(timer);
    };
  }, []);
  const status = useStatus();
  useEffect(() => {
    const { kind, words } = syncInWords(status);
    document.documentElement.dataset.sync = kind;
    // What no other device has yet is worth a question before one leaves, where nothing is kept.
    if (status.storage !== "memory" || status.pending === 0) return;
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault();
      event.returnValue = words;
    };
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [status]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && (target as HTMLInputElement).type !== "checkbox"))
  );
}

function useKeys(setOpen: (open: "search" | "keys" | "new") => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      if (command && key === "k") {
        event.preventDefault();
        setOpen("search");
        return;
      }
      if (isTyping(event.target) || document.querySelector("dialog[open], [role=menu]")) return;
      if (command && key === "z") {
        event.preventDefault();
        void (event.shiftKey ? redo() : undo());
      } else if (command || event.altKey) {
        return;
      } else if (event.key === "?") {
        event.preventDefault();
        setOpen("keys");
      } else if (key === "n" || key === "/") {
        event.preventDefault();
        document.getElementById("add")?.focus();
      } else if (key === "j" || key === "k" || key === "arrowdown") {
        // Into the list, from wherever one is.
        if ((event.target as HTMLElement).closest("[data-row]")) return;
        event.preventDefault();
        document.querySelector<HTMLElement>("#main [data-row]")?.focus();
      } else if (key === "f") {
        event.preventDefault();
        document.getElementById("filter-text")?.focus();
        dispatchEvent(new Event("poo-filter"));
      } else if (event.key === "L") {
        // Else the letter lands in the field that has the focus by then.
        event.preventDefault();
        setOpen("new");
      } else if (key === "g") {
        go({ at: "today" });
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [setOpen]);
}
