import { type ComponentProps, useMemo } from "react";
import { byStand } from "./rows.ts";
import { TaskList } from "./TaskList.tsx";
import { useStands } from "./useTasks.ts";

/** What is to be bought, in the order of a walk through the shop. */
export default function AislesView({
  rows,
  ...rest
}: Omit<ComponentProps<typeof TaskList>, "label" | "onMove" | "listId"> & { listId: string }) {
  const stands = useStands(rest.listId);
  const groups = useMemo(() => (stands ? byStand(rows, stands) : []), [rows, stands]);
  return groups.map(([aisle, of]) => (
    <section key={aisle} className="group" aria-label={aisle}>
      <h2 className="group-head">
        {aisle} <span className="group-count">{of.filter((row) => row.depth === 0).length}</span>
      </h2>
      <TaskList {...rest} rows={of} label={aisle} onMove={undefined} />
    </section>
  ));
}
