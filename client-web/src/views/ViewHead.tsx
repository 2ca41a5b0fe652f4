import type { ReactNode } from "react";
import { SidebarButton } from "../lists/SidebarButton.tsx";

export function ViewHead({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <header className="head">
      <SidebarButton />
      <div className="head-title">
        <h1>{title}</h1>
      </div>
      {children}
    </header>
  );
}
