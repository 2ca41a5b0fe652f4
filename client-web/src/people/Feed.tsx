import type { Activity } from "@poo/engine";
import { ago, dueInWords } from "../lib/dates.ts";
import { href } from "../state/route.ts";
import { Avatar } from "../ui/Avatar.tsx";

const FIELDS: Record<string, string> = {
  title: "the title",
  notes: "the notes",
  url: "the link",
  due: "the due date",
  priority: "the priority",
  status: "the status",
  series: "how it repeats",
  icon: "the icon",
  color: "the colour",
  view: "the view",
};

/** What somebody did, as one says it. */
export function sentence(row: Activity): string {
  const what = row.taskTitle ? `“${row.taskTitle}”` : row.task ? "a task" : "the list";
  switch (row.action) {
    case "created":
      return `added ${what}`;
    case "completed":
      return `completed ${what}`;
    case "skipped":
      return `skipped ${what} this time`;
    case "reopened":
      return `reopened ${what}`;
    case "assigned":
      return row.memberName ? `gave ${what} to ${row.memberName}` : `took ${what} back`;
    case "commented":
      return `commented on ${what}`;
    case "edited": {
      const names = (row.fields ?? []).map(({ field, new: value }) =>
        field === "due" && value
          ? `the due date to ${dueInWords(value)}`
          : (FIELDS[field] ?? field.replace(/\/.*/, "s")),
      );
      return `changed ${names.length > 0 ? `${[...new Set(names)].join(", ")} of ${what}` : what}`;
    }
    case "moved":
      return `moved ${what}`;
    case "deleted":
      return `deleted ${what}`;
    case "restored":
      return `restored ${what}`;
    case "joined":
      return row.memberName && row.memberName !== row.actorName
        ? `let ${row.memberName} in`
        : "joined the list";
    case "left":
      return "left the list";
    case "removed":
      return `removed ${row.memberName ?? "somebody"}`;
    case "role_changed":
      return `changed what ${row.memberName ?? "somebody"} may do`;
    case "note":
      return "left a note";
  }
}

export function Feed({ rows, lists }: { rows: readonly Activity[]; lists?: ReadonlyMap<string, string> }) {
  return (
    <ol className="feed">
      {rows.map((row) => (
        <li key={row.id}>
          <Avatar did={row.actor ?? ""} name={row.actorName} size={26} />
          <div>
            <p>
              <b>{row.actorName}</b> {sentence(row)}
            </p>
            {row.text && <p className="feed-text">{row.text}</p>}
            <p className="feed-when">
              {ago(row.at)}
              {lists && (
                <>
                  {" in "}
                  <a href={href({ at: "list", list: row.list, ...(row.task ? { task: row.task } : {}) })}>
                    {lists.get(row.list) ?? "a list"}
                  </a>
                </>
              )}
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}
