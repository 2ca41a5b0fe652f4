/** Rules of RFC 5545 as the editor shows and makes them. */

export const FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
export type Frequency = (typeof FREQUENCIES)[number];
export const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
export type Day = (typeof DAYS)[number];

export interface Rule {
  frequency: Frequency;
  interval: number;
  days: Day[];
  /** The last day, if it ends. */
  until: string | null;
}

const KNOWN = new Set(["FREQ", "INTERVAL", "BYDAY", "UNTIL"]);

/** The rule, where the editor can show all of it. */
export function read(text: string): Rule | null {
  const rule: Rule = { frequency: "DAILY", interval: 1, days: [], until: null };
  let known = false;
  for (const part of text.split(";")) {
    const [name = "", value = ""] = part.split("=");
    if (!KNOWN.has(name)) return null;
    if (name === "FREQ") {
      const frequency = FREQUENCIES.find((one) => one === value);
      if (!frequency) return null;
      rule.frequency = frequency;
      known = true;
    } else if (name === "INTERVAL") {
      rule.interval = Number(value);
      if (!Number.isInteger(rule.interval) || rule.interval < 1) return null;
    } else if (name === "UNTIL") {
      const match = /^(\d{4})(\d{2})(\d{2})/.exec(value);
      if (!match) return null;
      rule.until = `${match[1]}-${match[2]}-${match[3]}`;
    } else {
      const days = value.split(",");
      rule.days = DAYS.filter((day) => days.includes(day));
      if (rule.days.length !== days.length) return null;
    }
  }
  return known ? rule : null;
}

export function write(rule: Rule): string {
  const parts = [`FREQ=${rule.frequency}`];
  if (rule.interval > 1) parts.push(`INTERVAL=${rule.interval}`);
  if (rule.days.length > 0 && rule.frequency === "WEEKLY") parts.push(`BYDAY=${rule.days.join(",")}`);
  if (rule.until) parts.push(`UNTIL=${rule.until.replaceAll("-", "")}`);
  return parts.join(";");
}

const UNITS: Record<Frequency, [every: string, many: string]> = {
  DAILY: ["Every day", "days"],
  WEEKLY: ["Every week", "weeks"],
  MONTHLY: ["Every month", "months"],
  YEARLY: ["Every year", "years"],
};

export function dayName(index: number, style: "short" | "long" = "short"): string {
  // 1 January 2024 was a Monday.
  return new Date(2024, 0, 1 + index).toLocaleDateString(undefined, { weekday: style });
}

/** "Every 2 weeks on Mon, Thu". */
export function inWords(text: string): string {
  const rule = read(text);
  if (!rule) return "Repeats";
  const [every, many] = UNITS[rule.frequency];
  let words = rule.interval === 1 ? every : `Every ${rule.interval} ${many}`;
  if (rule.frequency === "WEEKLY" && rule.days.length > 0) {
    const weekdays = rule.days.length === 5 && !rule.days.includes("SA") && !rule.days.includes("SU");
    if (weekdays && rule.interval === 1) words = "Every weekday";
    else words += ` on ${rule.days.map((day) => dayName(DAYS.indexOf(day))).join(", ")}`;
  }
  return words;
}
