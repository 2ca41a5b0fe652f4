/** The colours that people can have. */
export const COLORS = [
  "#6b3cff",
  "#c2410c",
  "#0f766e",
  "#be185d",
  "#1d4ed8",
  "#4d7c0f",
  "#a21caf",
  "#b45309",
];

/** Somebody's colour: the one they chose, or else always the same one. */
export function colorOf(did: string, chosen?: string): string {
  if (chosen && /^#[0-9a-f]{6}$/i.test(chosen)) return chosen;
  let sum = 0;
  for (const c of did) sum = (sum * 31 + c.charCodeAt(0)) >>> 0;
  return COLORS[sum % COLORS.length] ?? "#6b3cff";
}

export function Avatar({
  did,
  name,
  color,
  size = 24,
  live = false,
  label = name,
}: {
  did: string;
  name: string;
  color?: string | undefined;
  size?: number;
  live?: boolean;
  /** What it says instead of the name alone. */
  label?: string;
}) {
  const initials = name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => Array.from(word)[0] ?? "")
    .join("")
    .toLocaleUpperCase();
  return (
    <span
      className={live ? "avatar live" : "avatar"}
      role="img"
      aria-label={label}
      title={label}
      style={{ background: colorOf(did, color), width: size, height: size, fontSize: size * 0.42 }}
    >
      {initials}
    </span>
  );
}
