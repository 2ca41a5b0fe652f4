/** Days as people say them. A due date is a day, or a time in a zone; never midnight somewhere. */

const DAY_MS = 86_400_000;

export function today(now = new Date()): string {
  return iso(now);
}

export function iso(date: Date): string {
  const pad = (n: number) => String(n).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

export function day(text: string): Date {
  const [year, month, date] = text.slice(0, 10).split("-").map(Number);
  return new Date(year ?? 0, (month ?? 1) - 1, date ?? 1);
}

export function addDays(text: string, days: number): string {
  const date = day(text);
  date.setDate(date.getDate() + days);
  return iso(date);
}

/** The day of a due date, and its time where it has one. */
export function parts(due: string): { date: string; time: string | null; zone: string | null } {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::\d{2})?(?:\[(.+)\])?)?$/.exec(due);
  return { date: match?.[1] ?? due.slice(0, 10), time: match?.[2] ?? null, zone: match?.[3] ?? null };
}

export function due(date: string, time: string | null, zone: string): string {
  return time ? `${date}T${time}[${zone}]` : date;
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** "Today", "Tomorrow", "Fri", "12 Dec", with the time where there is one. */
export function dueInWords(text: string, now = new Date()): string {
  const { date, time } = parts(text);
  const days = Math.round((day(date).getTime() - day(iso(now)).getTime()) / DAY_MS);
  let words: string;
  if (days >= -1 && days <= 1) words = capital(relative.format(days, "day"));
  else if (days > 1 && days < 7) words = day(date).toLocaleDateString(undefined, { weekday: "long" });
  else {
    const sameYear = day(date).getFullYear() === now.getFullYear();
    words = day(date).toLocaleDateString(undefined, {
      day: "numeric",
      month: "short",
      ...(sameYear ? {} : { year: "numeric" }),
    });
  }
  return time ? `${words} ${timeInWords(time)}` : words;
}

export function timeInWords(time: string): string {
  const [hours, minutes] = time.split(":").map(Number);
  return new Date(2000, 0, 1, hours, minutes).toLocaleTimeString(undefined, {
    hour: "numeric",
    minute: "2-digit",
  });
}

/** "just now", "5 minutes ago", "yesterday", "12 Dec". */
export function ago(moment: string, now = Date.now()): string {
  const seconds = Math.round((now - Date.parse(moment)) / 1_000);
  if (seconds < 45) return "just now";
  if (seconds < 3_600) return relative.format(-Math.round(seconds / 60), "minute");
  if (seconds < DAY_MS / 1_000) return relative.format(-Math.round(seconds / 3_600), "hour");
  const days = Math.round(seconds / (DAY_MS / 1_000));
  if (days < 7) return relative.format(-days, "day");
  return new Date(moment).toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

export function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
