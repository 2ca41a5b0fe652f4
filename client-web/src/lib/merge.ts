/**
 * What somebody typed, on top of what somebody else changed meanwhile. Both began with `base`. Where
 * they changed different parts, both changes stand; where they changed the same, one's own does.
 */
export function rebase(base: string, mine: string, theirs: string): string {
  if (base === theirs || mine === theirs) return mine;
  if (base === mine) return theirs;
  const ours = change(base, mine);
  const other = change(base, theirs);
  if (other.to <= ours.from)
    return (
      base.slice(0, other.from) +
      other.text +
      base.slice(other.to, ours.from) +
      ours.text +
      base.slice(ours.to)
    );
  if (ours.to <= other.from)
    return (
      base.slice(0, ours.from) +
      ours.text +
      base.slice(ours.to, other.from) +
      other.text +
      base.slice(other.to)
    );
  return mine;
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
