/**
 * What somebody typed, on top of what somebody else changed meanwhile. Both began with `base`. Where
 * they changed different parts, both changes stand; where they changed the same, one's own does.
 */
export function rebase(base: string, mine: string, theirs: string): string {
  if (base === theirs || mine === theirs) return mine;
  if (base === mine) return theirs;
  const ours = change(base, mine);
  const other = change(base, theirs);
  // What came is the beginning of what is typed: it was typed here, and is on its way back.
  if (ours.from === other.from && ours.to === other.to && ours.text.startsWith(other.text)) return mine;
  const apart = other.to <= ours.from ? [other, ours] : ours.to <= other.from ? [ours, other] : [];
  const [first, second] = apart;
  if (!first || !second) return mine;
  return (
    base.slice(0, first.from) +
    first.text +
    base.slice(first.to, second.from) +
    second.text +
    base.slice(second.to)
  );
}

/** The one part of `before` that `after` has another text for. */
function change(before: string, after: string): { from: number; to: number; text: string } {
  let from = 0;
  while (from < before.length && from < after.length && before[from] === after[from]) from += 1;
  let to = before.length;
  let end = after.length;
  while (to > from && end > from && before[to - 1] === after[end - 1]) {
    to -= 1;
    end -= 1;
  }
  return { from, to, text: after.slice(from, end) };
}
