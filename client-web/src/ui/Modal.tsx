import { X } from "lucide-react";
import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

/**
 * The field that has the focus when the dialog around it opens, or when it comes into an open one.
 * React's own `autoFocus` does not know of dialogs.
 */
export function first(field: HTMLElement | null): void {
  field?.setAttribute("autofocus", "");
  field?.focus();
}

/** A dialog of the platform's own: it keeps the focus, closes by Escape, and gives the focus back. */
export function Modal({
  title,
  onClose,
  children,
  size,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Wider than usual, or as large as the window lets it be. */
  size?: "wide" | "page";
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const label = useId();
  // Before it is taken out of the page: only then does the focus go back to where it was.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={size ? `modal ${size}` : "modal"}
      aria-labelledby={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => {
        // Escape closes this, not also what it was opened from.
        if (event.key === "Escape") event.stopPropagation();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="modal-body">
        <header className="modal-head">
          <h2 id={label}>{title}</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
            <X size={20} />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
