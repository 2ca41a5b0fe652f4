import { local, remember } from "./local.ts";

export type Theme = "auto" | "light" | "dark";

/** Light or dark, on this device: as the system has it unless somebody chose. */
export function applyTheme(theme: Theme = local<Theme>("theme", "auto")): void {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
}

export function setTheme(theme: Theme): void {
  remember("theme", theme);
  applyTheme(theme);
}
