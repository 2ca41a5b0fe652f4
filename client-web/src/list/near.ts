/** Gives the focus to the row before or behind the one that has it, of all that the page shows. */
export function focusNear(from: HTMLElement, by: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>("#main [data-row]")];
  all[all.indexOf(from) + by]?.focus();
}
