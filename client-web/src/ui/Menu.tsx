import * as Radix from "@radix-ui/react-dropdown-menu";
import { Check } from "lucide-react";
import type { ReactNode } from "react";

/** What can be done with something, behind a button. */
export function Menu({
  trigger,
  label,
  children,
}: {
  trigger: ReactNode;
  label: string;
  children: ReactNode;
}) {
  return (
    // Not modal: a modal menu writes a style sheet into the page, which its policy forbids.
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>
        <button type="button" className="icon-button" aria-label={label} title={label}>
          {trigger}
        </button>
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          className="menu"
          align="end"
          sideOffset={6}
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            // What was chosen may have put the focus somewhere already.
            if (!document.activeElement?.matches("body, .menu, .menu *")) event.preventDefault();
          }}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function MenuItem({
  children,
  icon,
  onSelect,
  danger = false,
  hint,
}: {
  children: ReactNode;
  icon?: ReactNode;
  onSelect: () => void;
  danger?: boolean;
  hint?: string;
}) {
  return (
    <Radix.Item className={danger ? "menu-item danger" : "menu-item"} onSelect={onSelect}>
      <span className="menu-icon">{icon}</span>
      <span className="menu-label">{children}</span>
      {hint && <kbd>{hint}</kbd>}
    </Radix.Item>
  );
}

export function MenuLine() {
  return <Radix.Separator className="menu-line" />;
}

/** One of several, of which one holds. */
export function MenuChoice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(value) => onChange(value as T)}>
      <Radix.Label className="menu-title">{label}</Radix.Label>
      {options.map(([name, text]) => (
        <Radix.RadioItem key={name} value={name} className="menu-item">
          <span className="menu-icon">
            <Radix.ItemIndicator>
              <Check size={16} />
            </Radix.ItemIndicator>
          </span>
          <span className="menu-label">{text}</span>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}
