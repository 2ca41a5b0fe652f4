import type { List, Member, PersonHere, Sort } from "@poo/engine";
import {
  Archive,
  Copy,
  Download,
  Filter as FilterIcon,
  History,
  LayoutTemplate,
  ListChecks,
  LogOut,
  MoreHorizontal,
  ShieldCheck,
  ShoppingBasket,
  Star,
  Trash2,
  UserPlus,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { SidebarButton } from "../lists/SidebarButton.tsx";
import { SyncMark } from "../people/SyncMark.tsx";
import { engine, inWords, run, runUndoable } from "../state/engine.ts";
import { go } from "../state/route.ts";
import { say } from "../state/toasts.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { Menu, MenuChoice, MenuItem, MenuLine } from "../ui/Menu.tsx";
import { useDraft } from "../ui/useDraft.ts";

const Share = lazy(() => import("../people/Share.tsx"));
const Verify = lazy(() => import("../people/Verify.tsx"));
const OwnAisles = lazy(() => import("./OwnAisles.tsx"));
const Activity = lazy(() => import("../people/ActivityPanel.tsx"));

const SORTS: readonly (readonly [Sort, string])[] = [
  ["manual", "By hand"],
  ["newest", "Newest first"],
  ["oldest", "Oldest first"],
  ["title", "A to Z"],
  ["title_reversed", "Z to A"],
  ["due", "Due first"],
  ["priority", "Priority"],
];

/** The head of a list: its name, who is in it, and what can be done with it. */
export function ListHead({
  id,
  list,
  members,
  here,
  onSelect,
}: {
  id: string;
  list: List | undefined;
  members: readonly Member[] | undefined;
  here: readonly PersonHere[];
  onSelect: () => void;
}) {
  const [open, setOpen] = useState<"share" | "verify" | "activity" | "aisles" | null>(null);
  const title = useDraft(list?.title ?? "", (value) => {
    return value.trim() ? run({ type: "rename_list", list: id, title: value.trim() }) : null;
  });
  const writes = list?.role === "owner" || list?.role === "editor";
  const shared = (members?.length ?? 0) > 1;
  const done = list ? list.total - list.open : 0;

  const exported = async (format: "markdown" | "json" | "todo.txt" | "icalendar", ending: string) => {
    try {
      const text = await engine.query({ type: "export", list: id, format });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
      link.download = `${(list?.title ?? "list").replace(/[/\\]/g, "-")}.${ending}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (error) {
      say({ text: inWords(error), tone: "bad" });
    }
  };

  return (
    <header className="head">
      <SidebarButton />
      <div className="head-title">
        {list?.icon && (
          <span className="head-icon" aria-hidden="true">
            {list.icon}
          </span>
        )}
        <h1 className="sr-only">{list?.title ?? "List"}</h1>
        <input
          className="title-input"
          aria-label="Name of the list"
          maxLength={200}
          readOnly={!writes}
          size={Math.max(title.value.length, 4)}
          {...title.props}
          onKeyDown={(event) => {
            if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
          }}
        />
        {list && list.total > 0 && (
          <span className="head-count" title={`${done} of ${list.total} done`}>
            {done}/{list.total}
          </span>
        )}
      </div>
      <SyncMark list={id} />
      {shared && (
        <button
          type="button"
          className="avatars"
          aria-label={`${members?.length} people in this list`}
          onClick={() => setOpen("share")}
        >
          {(members ?? []).slice(0, 4).map((member) => (
            <Avatar
              key={member.did}
              did={member.did}
              name={member.name}
              label={member.me ? `${member.name} (you)` : member.name}
              color={member.color}
              size={28}
              live={here.some((person) => person.did === member.did)}
            />
          ))}
        </button>
      )}
      {shared && (
        <button
          type="button"
          className="icon-button proof"
          aria-label="Who wrote this list"
          title="Every change is signed: who wrote this list"
          onClick={() => setOpen("verify")}
        >
          <ShieldCheck size={18} />
        </button>
      )}
      {list?.role !== null && (
        <button
          type="button"
          aria-label="Share"
          className="button primary share"
          onClick={() => setOpen("share")}
        >
          <UserPlus size={16} /> <span>Share</span>
        </button>
      )}
      <Menu trigger={<MoreHorizontal size={20} />} label="More">
        <MenuItem
          icon={<Star size={16} />}
          onSelect={() => void run({ type: "place_list", list: id, favorite: !list?.favorite })}
        >
          {list?.favorite ? "Remove from favourites" : "Add to favourites"}
        </MenuItem>
        <MenuItem icon={<ListChecks size={16} />} onSelect={onSelect}>
          Select tasks
        </MenuItem>
        <MenuItem
          icon={<FilterIcon size={16} />}
          onSelect={() => dispatchEvent(new Event("poo-filter"))}
          hint="f"
        >
          Filter
        </MenuItem>
        <MenuItem icon={<History size={16} />} onSelect={() => setOpen("activity")}>
          Activity
        </MenuItem>
        <MenuItem icon={<ShieldCheck size={16} />} onSelect={() => setOpen("verify")}>
          Check history
        </MenuItem>
        <MenuLine />
        {writes && (
          <MenuItem
            icon={<ShoppingBasket size={16} />}
            onSelect={() =>
              void run({ type: "edit_list", list: id, view: list?.view === "aisles" ? "list" : "aisles" })
            }
          >
            {list?.view === "aisles" ? "Show as one list" : "Group by aisle"}
          </MenuItem>
        )}
        {writes && list?.view === "aisles" && (
          <MenuItem onSelect={() => setOpen("aisles")}>Edit aisles</MenuItem>
        )}
        {writes && <MenuLine />}
        <MenuChoice
          label="Sort"
          value={list?.sort ?? "manual"}
          options={SORTS}
          onChange={(sort) => void run({ type: "place_list", list: id, sort })}
        />
        <MenuLine />
        <MenuItem
          icon={<Copy size={16} />}
          onSelect={async () => {
            const made = await run({ type: "duplicate_list", list: id });
            if (made) go({ at: "list", list: made.list });
          }}
        >
          Duplicate
        </MenuItem>
        <MenuItem
          icon={<LayoutTemplate size={16} />}
          onSelect={async () => {
            if (await run({ type: "save_template", list: id }))
              say({ text: "Saved as a template", tone: "good" });
          }}
        >
          Save as template
        </MenuItem>
        <MenuItem icon={<Download size={16} />} onSelect={() => void exported("markdown", "md")}>
          Export as Markdown
        </MenuItem>
        <MenuItem icon={<Download size={16} />} onSelect={() => void exported("icalendar", "ics")}>
          Export for calendars
        </MenuItem>
        <MenuItem icon={<Download size={16} />} onSelect={() => void exported("json", "json")}>
          Export everything
        </MenuItem>
        <MenuLine />
        <MenuItem
          icon={<Archive size={16} />}
          onSelect={() => void run({ type: "place_list", list: id, archived: !list?.archived })}
        >
          {list?.archived ? "Bring back from archive" : "Archive"}
        </MenuItem>
        {shared && list?.role !== "owner" && list?.role && (
          <MenuItem
            icon={<LogOut size={16} />}
            onSelect={async () => {
              if (await run({ type: "leave_list", list: id }))
                say({ text: "You left the list. A copy stays here." });
            }}
          >
            Leave list
          </MenuItem>
        )}
        {list?.role === "owner" && (
          <MenuItem
            danger
            icon={<Trash2 size={16} />}
            onSelect={async () => {
              if (await runUndoable({ type: "delete_list", list: id }, `Deleted: ${list.title}`))
                go({ at: "none" });
            }}
          >
            Delete list
          </MenuItem>
        )}
      </Menu>
      <Suspense>
        {open === "share" && list && (
          <Share list={list} members={members ?? []} onClose={() => setOpen(null)} />
        )}
        {open === "aisles" && <OwnAisles list={id} onClose={() => setOpen(null)} />}
        {open === "verify" && <Verify list={id} onClose={() => setOpen(null)} />}
        {open === "activity" && <Activity list={id} onClose={() => setOpen(null)} />}
      </Suspense>
    </header>
  );
}
