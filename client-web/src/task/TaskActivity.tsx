import type { Task } from "@poo/engine";
import { useState } from "react";
import { Feed } from "../people/Feed.tsx";
import { useAnswer } from "../state/engine.ts";

/** What happened with a task, where somebody wants to know. */
export function TaskActivity({ task }: { task: Task }) {
  const [open, setOpen] = useState(false);
  const { data } = useAnswer(open ? { type: "activity", list: task.list, task: task.id, limit: 50 } : null);
  return (
    <section className="details-part">
      <button type="button" className="link-button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? "Hide activity" : "Show activity"}
      </button>
      {open && data && <Feed rows={data.items} />}
    </section>
  );
}
