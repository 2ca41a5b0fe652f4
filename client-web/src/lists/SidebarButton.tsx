import { Menu as Bars } from "lucide-react";

/** Opens the lists where there is no room for them beside. */
export function SidebarButton() {
  return (
    <button
      type="button"
      className="icon-button sidebar-button"
      aria-label="Lists"
      onClick={() => dispatchEvent(new CustomEvent("poo-sidebar"))}
    >
      <Bars size={20} />
    </button>
  );
}
