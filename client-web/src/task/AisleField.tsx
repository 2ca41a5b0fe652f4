import type { Task } from "@poo/engine";
import { ShoppingBasket } from "lucide-react";
import { AISLES, guessAisle } from "../list/aisles.ts";
import { useLive } from "../state/engine.ts";
import { Field } from "./Fields.tsx";

/** Where a task of a grocery list stands in the shop. */
export default function AisleField({
  task,
  onChange,
}: {
  task: Task;
  onChange: (aisle: string | null) => void;
}) {
  const own = useLive({ type: "aisles", list: task.list })?.items ?? [];
  const names = [...own.map((aisle) => aisle.name), ...AISLES];
  // One that was taken off the list still stands where it was put.
  if (task.aisle && !names.includes(task.aisle)) names.unshift(task.aisle);
  return (
    <Field icon={<ShoppingBasket size={17} />} label="Aisle">
      <select
        aria-label="Aisle"
        className="quiet-select"
        value={task.aisle ?? ""}
        onChange={(event) => onChange(event.target.value || null)}
      >
        <option value="">By its name: {guessAisle(task.title, own)}</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}
