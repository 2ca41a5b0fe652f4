import type { Aisle } from "@poo/engine";
import { type ComponentProps, useMemo } from "react";
import { useLive } from "../state/engine.ts";
import { stands } from "./aisles.ts";
import type { Row } from "./rows.ts";
import { TaskList } from "./TaskList.tsx";

const NONE: readonly Aisle[] = [];

/** What is to be bought, in the order of a walk through the shop. */
export default function AislesView({
  rows,
  ...rest
}: Omit<ComponentProps<typeof TaskList>, "label" | "onMove" | "listId"> & { listId: string }) {
  const own = useLive({ type: "aisles", list: rest.listId })?.items ?? NONE;
  const groups = useMemo(() => {
    const byId = new Map(rows.map((row) => [row.task.id, row]));
    return stands(
      rows.map((row) => row.task),
      own,
    ).map(({ aisle, tasks }): [string, Row[]] => [aisle, tasks.flatMap(({ id }) => byId.get(id) ?? [])]);
  }, [rows, own]);
  return groups.map(([aisle, of]) => (
    <section key={aisle} className="group" aria-label={aisle}>
      <h2 className="group-head">
        {aisle} <span className="group-count">{of.filter((row) => row.depth === 0).length}</span>
      </h2>
      <TaskList {...rest} rows={of} label={aisle} onMove={undefined} />
    </section>
  ));
}
