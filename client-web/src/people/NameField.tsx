import { first } from "../ui/Modal.tsx";

/** How a new person is called until they say. */
export const UNNAMED = "Me";

export function isNamed(name: string): boolean {
  return name !== UNNAMED;
}

export function NameField({
  value,
  onChange,
  hint,
}: {
  value: string;
  onChange: (value: string) => void;
  hint?: string;
}) {
  return (
    <label>
      Your name
      <input
        ref={first}
        value={value}
        maxLength={100}
        autoComplete="given-name"
        placeholder="Sam"
        onChange={(event) => onChange(event.target.value)}
      />
      {hint && <small className="hint">{hint}</small>}
    </label>
  );
}
