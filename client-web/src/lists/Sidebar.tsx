import type { Folder, List } from "@poo/engine";
import {
  Calendar,
  CalendarDays,
  ChevronRight,
  Flag,
  FolderPlus,
  History,
  Inbox,
  ListFilter,
  Plus,
  Search,
  Settings,
  Star,
  Sun,
  Trash2,
} from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { SyncMark } from "../people/SyncMark.tsx";
import { run, useLive, zone } from "../state/engine.ts";
import { useLocal } from "../state/local.ts";
import { href, type Place, usePlace } from "../state/route.ts";

// Without lists there is nothing to do with them: this need not be there to begin.
const menus = () => import("./SidebarMenus.tsx");
const ListMenu = lazy(() => menus().then(({ ListMenu }) => ({ default: ListMenu })));
const FolderMenu = lazy(() => menus().then(({ FolderMenu }) => ({ default: FolderMenu })));

/** Everything that one can go to. */
export function Sidebar({
  onSearch,
  onNew,
  onGo,
}: {
  onSearch: () => void;
  onNew: () => void;
  onGo: () => void;
}) {
  const lists = useLive({ type: "lists", all: true });
  const folders = useLive({ type: "folders" });
  const due = useLive({ type: "today", zone });
  const kept = (lists?.items ?? []).filter((list) => !list.deletedAt);
  const mine = kept.filter((list) => list.role !== null);
  // What somebody is out of stays here, as it was, and is to be found.
  const copies = kept.filter((list) => list.role === null);
  const all = mine.filter((list) => !list.archived);
  const archived = mine.filter((list) => list.archived);
  const favourites = all.filter((list) => list.favorite);
  const known = new Set(folders?.items.map((folder) => folder.id));
  const loose = all.filter((list) => !list.folder || !known.has(list.folder));
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: closes the drawer after a link inside was used
    <nav
      className="sidebar"
      aria-label="Lists"
      onClick={(event) => {
        if ((event.target as HTMLElement).closest("a")) onGo();
      }}
    >
      <div className="brand">
        <svg viewBox="0 0 512 512" width="26" height="26" aria-hidden="true">
          <rect width="512" height="512" rx="116" fill="#6b3cff" />
          <path
            d="M144 266l76 76 150-164"
            fill="none"
            stroke="#fff"
            strokeWidth="52"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </svg>
        <span>Poo App</span>
        <button
          type="button"
          className="icon-button"
          aria-label="Search"
          title="Search (Ctrl+K)"
          onClick={onSearch}
        >
          <Search size={18} />
        </button>
      </div>
      <div className="sidebar-scroll">
        <ul className="nav">
          <NavItem place={{ at: "today" }} icon={<Sun size={18} />} count={due?.items.length}>
            Today
          </NavItem>
          <NavItem place={{ at: "upcoming" }} icon={<CalendarDays size={18} />}>
            Upcoming
          </NavItem>
          <NavItem place={{ at: "focus" }} icon={<Flag size={18} />}>
            Focus
          </NavItem>
          <NavItem place={{ at: "calendar" }} icon={<Calendar size={18} />}>
            Calendar
          </NavItem>
          <NavItem place={{ at: "all" }} icon={<ListFilter size={18} />}>
            All tasks
          </NavItem>
        </ul>
        {favourites.length > 0 && (
          <Part title="Favourites" icon={<Star size={14} />}>
            {favourites.map((list) => (
              <ListItem key={list.id} list={list} folders={folders?.items ?? []} />
            ))}
          </Part>
        )}
        {(folders?.items ?? []).map((folder) => (
          <FolderPart
            key={folder.id}
            folder={folder}
            lists={all.filter((list) => list.folder === folder.id)}
            all={folders?.items ?? []}
          />
        ))}
        <Part title="Lists" icon={<Inbox size={14} />}>
          {loose.map((list) => (
            <ListItem key={list.id} list={list} folders={folders?.items ?? []} />
          ))}
        </Part>
        <div className="sidebar-new">
          <button type="button" className="nav-link" onClick={onNew}>
            <Plus size={18} /> New list
          </button>
          <NewFolder />
        </div>
        {copies.length > 0 && (
          <Folded name="copies" title={`Kept copies (${copies.length})`}>
            {copies.map((list) => (
              <ListItem key={list.id} list={list} folders={[]} />
            ))}
          </Folded>
        )}
        {archived.length > 0 && (
          <Folded name="archive" title={`Archive (${archived.length})`}>
            {archived.map((list) => (
              <ListItem key={list.id} list={list} folders={folders?.items ?? []} />
            ))}
          </Folded>
        )}
      </div>
      <div className="sidebar-foot">
        <SyncMark />
        <ul className="nav foot">
          <NavIcon place={{ at: "activity" }} label="Activity" icon={<History size={18} />} />
          <NavIcon place={{ at: "trash" }} label="Trash" icon={<Trash2 size={18} />} />
          <NavIcon place={{ at: "settings" }} label="Settings" icon={<Settings size={18} />} />
        </ul>
      </div>
    </nav>
  );
}

function NavItem({
  place,
  icon,
  count,
  children,
}: {
  place: Place;
  icon: ReactNode;
  count?: number | undefined;
  children: ReactNode;
}) {
  const here = usePlace().at === place.at;
  return (
    <li>
      <a className="nav-link" href={href(place)} aria-current={here ? "page" : undefined}>
        {icon}
        <span className="nav-text">{children}</span>
        {count !== undefined && count > 0 && <span className="nav-count">{count}</span>}
      </a>
    </li>
  );
}

function NavIcon({ place, label, icon }: { place: Place; label: string; icon: ReactNode }) {
  const here = usePlace().at === place.at;
  return (
    <li>
      <a
        className="icon-button"
        href={href(place)}
        aria-label={label}
        title={label}
        aria-current={here ? "page" : undefined}
      >
        {icon}
      </a>
    </li>
  );
}

function Part({ title, icon, children }: { title: string; icon: ReactNode; children: ReactNode }) {
  return (
    <section className="nav-part">
      <h2 className="nav-head">
        {icon} {title}
      </h2>
      <ul className="nav">{children}</ul>
    </section>
  );
}

function Folded({
  name,
  title,
  menu,
  children,
}: {
  name: string;
  title: string;
  menu?: ReactNode;
  children: ReactNode;
}) {
  const [open, setOpen] = useLocal(`open/${name}`, name !== "archive");
  return (
    <section className="nav-part">
      <div className="nav-head-row">
        <h2>
          <button
            type="button"
            className={open ? "nav-head nav-fold open" : "nav-head nav-fold"}
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            <ChevronRight size={14} /> {title}
          </button>
        </h2>
        <Suspense>{menu}</Suspense>
      </div>
      {open && <ul className="nav">{children}</ul>}
    </section>
  );
}

function FolderPart({ folder, lists, all }: { folder: Folder; lists: List[]; all: readonly Folder[] }) {
  return (
    <Folded name={folder.id} title={folder.name} menu={<FolderMenu folder={folder} />}>
      {lists.map((list) => (
        <ListItem key={list.id} list={list} folders={all} />
      ))}
    </Folded>
  );
}

function ListItem({ list, folders }: { list: List; folders: readonly Folder[] }) {
  const place = usePlace();
  const here = place.at === "list" && place.list === list.id;
  return (
    <li className="nav-row">
      <a
        className={list.role === null ? "nav-link lost" : "nav-link"}
        href={href({ at: "list", list: list.id })}
        aria-current={here ? "page" : undefined}
      >
        <span className="nav-icon" aria-hidden="true">
          {list.icon ?? <span className="dot" style={list.color ? { background: list.color } : undefined} />}
        </span>
        <span className="nav-text">{list.title}</span>
        {list.open > 0 && <span className="nav-count">{list.open}</span>}
      </a>
      <Suspense fallback={<span className="icon-button" />}>
        <ListMenu list={list} folders={folders} />
      </Suspense>
    </li>
  );
}

function NewFolder() {
  const [name, setName] = useState<string | null>(null);
  if (name === null) {
    return (
      <button type="button" className="nav-link" onClick={() => setName("")}>
        <FolderPlus size={18} /> New folder
      </button>
    );
  }
  return (
    <form
      className="nav-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) void run({ type: "create_folder", name: name.trim() });
        setName(null);
      }}
    >
      <input
        // biome-ignore lint/a11y/noAutofocus: it was just asked for
        autoFocus
        value={name}
        maxLength={200}
        aria-label="Name of the folder"
        placeholder="Name of the folder"
        onChange={(event) => setName(event.target.value)}
        onBlur={() => setName(null)}
        onKeyDown={(event) => event.key === "Escape" && setName(null)}
      />
    </form>
  );
}
