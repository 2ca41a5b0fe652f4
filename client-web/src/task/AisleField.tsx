import type { Task } from "@poo/engine";
import { ShoppingBasket } from "lucide-react";
import { useStands } from "../list/useTasks.ts";
import { Field } from "./Fields.tsx";

/** Where a task of a grocery list stands in the shop. */
export default function AisleField({
  task,
  onChange,
}: {
  task: Task;
  onChange: (aisle: string | null) => void;
}) {
  const stands = useStands(task.list) ?? [];
  const guessed = task.aisle ? undefined : stands.find((stand) => stand.tasks.includes(task.id))?.aisle;
  return (
    <Field icon={<ShoppingBasket size={17} />} label="Aisle">
      <select
        aria-label="Aisle"
        className="quiet-select"
        value={task.aisle ?? ""}
        onChange={(event) => onChange(event.target.value || null)}
      >
        <option value="">By its name{guessed && `: ${guessed}`}</option>
        {stands.map(({ aisle }) => (
          <option key={aisle} value={aisle}>
            {aisle}
          </option>
        ))}
      </select>
    </Field>
  );
}
