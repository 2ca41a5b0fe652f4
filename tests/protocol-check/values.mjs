// The texts of section 15: due dates, reminders, rules and order, held against the calendar of
// this program and another reading of recurrence rules.

import rrule from "rrule";

const { RRule } = rrule;

/** Milliseconds by which a zone's clocks are ahead of UTC at a moment. */
function offset(zone, moment) {
    const fixed = /^([+-])(\d\d):(\d\d)$/.exec(zone);
    if (fixed) return (fixed[1] === "-" ? -1 : 1) * (fixed[2] * 60 + +fixed[3]) * 60_000;
    const parts = new Intl.DateTimeFormat("en-US", {
        timeZone: zone, hourCycle: "h23", era: "short",
        year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
    }).formatToParts(moment);
    const get = (type) => Number(parts.find((part) => part.type === type).value);
    const shown = Date.UTC(get("year"), get("month") - 1, get("day"), get("hour"), get("minute"), get("second"));
    return shown - Math.floor(moment / 1000) * 1000;
}

/** The moment of a local time: behind a gap, and the first of two. */
function moment(local, zone) {
    const offsets = [local - 86_400_000, local + 86_400_000].map((at) => offset(zone, at));
    const found = offsets.map((ahead) => local - ahead).filter((at) => at + offset(zone, at) === local);
    return found.length > 0 ? Math.min(...found) : local - offsets[0];
}

const pad = (number, length = 2) => String(number).padStart(length, "0");
const day = (at) => `${pad(at.getUTCFullYear(), 4)}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`;

/** A due date in the form that is kept, with its parts; nothing where the text is none. */
export function readDue(text) {
    const found =
        /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?(?:\[([^\]]+)\])?$/.exec(text);
    if (!found) return null;
    const [year, month, date, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0));
    let local = Date.UTC(year, month - 1, date, hour, minute, second);
    const [time, ahead, named] = [found[4], found[7], found[8]];
    if (day(new Date(local)) !== text.slice(0, 10) || hour > 23 || minute > 59 || second > 59) return null;
    if (!time) return named ? null : { text: text.slice(0, 10), local };
    let zone = named ?? ahead?.replace("Z", "UTC").replace(/^[+-]00:00$/, "UTC");
    if (!zone) return null;
    try {
        if (!/^[+-]/.test(zone)) zone = new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
    } catch {
        return null;
    }
    if (named && ahead === "Z") local += offset(zone, local);
    else if (named && ahead && offset(zone, local - offset(ahead, 0)) !== offset(ahead, 0)) return null;
    const at = new Date(local);
    const seconds = at.getUTCSeconds() ? `:${pad(at.getUTCSeconds())}` : "";
    const kept = `${day(at)}T${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}${seconds}[${zone}]`;
    return { text: kept, local, zone };
}

/** The first moment at which it is due: a day's begins where the reader is, here UTC. */
const begins = (due) => (due.zone ? moment(due.local, due.zone) : due.local);

export function readReminder(text) {
    const found = /^(\d{1,5})([mhdw])$/.exec(text);
    const minutes = found ? found[1] * { m: 1, h: 60, d: 1440, w: 10_080 }[found[2]] : Infinity;
    if (minutes > 40_320) return null;
    if (minutes === 0) return "0m";
    if (minutes % 1440 === 0) return `${minutes / 1440}d`;
    return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const PARTS = ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST", "RSCALE", "SKIP"];
const RANGES = { INTERVAL: [1, 1000], COUNT: [1, 10_000], BYMONTH: [1, 12], BYYEARDAY: [-366, 366], BYMONTHDAY: [-31, 31], BYSETPOS: [-366, 366] };

/** A rule in its one written form; nothing where the text is none. */
export function readRule(text) {
    const parts = {};
    for (const piece of text.toUpperCase().replace(/^RRULE:/, "").split(";")) {
        const [name, value] = piece.split("=");
        if (!PARTS.includes(name) || name in parts || !value) return null;
        parts[name] = value;
    }
    const named = (name) => name in parts;
    if (!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"].includes(parts.FREQ)) return null;
    if (named("COUNT") && named("UNTIL")) return null;
    if (named("BYYEARDAY") && parts.FREQ !== "YEARLY") return null;
    if (named("BYMONTHDAY") && parts.FREQ === "WEEKLY") return null;
    if (named("BYSETPOS") && !["BYMONTH", "BYYEARDAY", "BYMONTHDAY", "BYDAY"].some(named)) return null;
    for (const [name, [least, most]] of Object.entries(RANGES)) {
        if (!named(name)) continue;
        const numbers = parts[name].split(",").map(Number);
        if (numbers.some((it) => !Number.isInteger(it) || it === 0 || it < least || it > most)) return null;
        parts[name] = [...new Set(numbers)].sort((a, b) => a - b).join(",");
    }
    if (named("BYDAY")) {
        const key = (it) => [parseInt(it, 10) || 0, DAYS.indexOf(it.slice(-2))];
        const order = (a, b) => key(a)[0] - key(b)[0] || key(a)[1] - key(b)[1];
        parts.BYDAY = [...new Set(parts.BYDAY.split(","))].sort(order).join(",");
    }
    if (named("RSCALE") || named("SKIP")) [parts.RSCALE, parts.SKIP] = ["GREGORIAN", parts.SKIP ?? "OMIT"];
    if (parts.INTERVAL === "1") delete parts.INTERVAL;
    if (parts.WKST === "MO") delete parts.WKST;
    return PARTS.filter(named).map((name) => `${name}=${parts[name]}`).join(";");
}

/** How many times of a series are looked at. */
const TIMES_MAX = 100;

/** The times of a series, each as its due date is written. */
function occurrences(start, rule) {
    const due = readDue(start);
    let plain = rule.replace(/;?(RSCALE|SKIP)=\w+/g, "");
    // The last day that a month has, where it has not the start's: the idiom of RFC 5545.
    const date = new Date(due.local);
    const open = !/BY(MONTHDAY|DAY|YEARDAY)/.test(rule) && !/SKIP=OMIT/.test(rule);
    if (open && date.getUTCDate() > 28 && /FREQ=(MONTHLY|YEARLY)/.test(rule)) {
        const last = Array.from({ length: date.getUTCDate() - 27 }, (_, index) => 28 + index);
        const month = /YEARLY/.test(rule) && !/BYMONTH=/.test(rule) ? `;BYMONTH=${date.getUTCMonth() + 1}` : "";
        plain += `${month};BYMONTHDAY=${last};BYSETPOS=-1`;
    }
    const until = /UNTIL=(\d{8})T(\d{6})Z/.exec(plain);
    if (until && due.zone) {
        const [d, t] = [until[1], until[2]];
        const utc = Date.UTC(d.slice(0, 4), d.slice(4, 6) - 1, d.slice(6), t.slice(0, 2), t.slice(2, 4), t.slice(4));
        const local = new Date(utc + offset(due.zone, utc)).toISOString().replace(/[-:]|\.\d+/g, "");
        plain = plain.replace(until[0], `UNTIL=${local}`);
    }
    const options = { ...RRule.parseString(plain), dtstart: date };
    const days = new RRule(options).all((_, index) => index < TIMES_MAX);
    return days.map((at) => day(at) + start.slice(10));
}

/** What follows for a series: its first times, what is due next, and what a completion closes. */
export function follow(text, closed, now) {
    const [, start, rule] = /^[0-9a-f]{16} (\S+) (\S+)$/.exec(text);
    const times = occurrences(start, rule);
    const latest = times.findLastIndex((time) => closed.some(([due]) => due === time));
    const begun = times.findLastIndex((time) => begins(readDue(time)) <= Date.parse(now));
    const next = times[latest + 1] ?? null;
    return { first: times.slice(0, 6), next, closes: begun > latest ? times[begun] : next };
}

/** A key of the order: bytes in hexadecimal, of which the last is 80, between two others. */
export const isBetween = (low, key, high) =>
    /^([0-9a-f]{2})*80$/.test(key) && (low === null || low < key) && (high === null || key < high);
