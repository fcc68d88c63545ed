import type { KeyboardEvent, ReactNode } from "react";
import { useId, useLayoutEffect, useRef, useState } from "react";

interface PopupProps {
  /** What the button is called. */
  label: string;
  className?: string;
  button: ReactNode;
  /** "menu": its children are menu items, walked with the arrow keys. */
  kind?: "menu" | "panel";
  children: ReactNode;
}

const MARGIN = 8;

/** Beside its button, above it where there is more room, inside the window always. */
function place(popup: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { width, height } = popup.getBoundingClientRect();
  const left = Math.min(Math.max(MARGIN, at.left + at.width / 2 - width / 2), innerWidth - width - MARGIN);
  const above = at.top - height - MARGIN;
  const top = above >= MARGIN ? above : Math.min(at.bottom + MARGIN, innerHeight - height - MARGIN);
  popup.style.left = `${Math.max(MARGIN, left)}px`;
  popup.style.top = `${Math.max(MARGIN, top)}px`;
}

/** A button and what it opens, by the browser's own popover: above all else, closed by Escape and by a click outside. */
export function Popup({ label, className = "", button, kind = "panel", children }: PopupProps) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const popup = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  function items(): HTMLElement[] {
    return [...(popup.current?.querySelectorAll<HTMLElement>("[role=menuitem]:not(:disabled)") ?? [])];
  }

  // What is in it comes with the opening, its devices' names a moment later.
  useLayoutEffect(() => {
    const shown = popup.current;
    const anchor = opener.current;
    if (!open || !shown || !anchor) return;
    const first = kind === "menu" ? "[role=menuitem]:not(:disabled)" : "input:checked, input, button";
    shown.querySelector<HTMLElement>(first)?.focus();
    const observer = new ResizeObserver(() => place(shown, anchor));
    observer.observe(shown);
    place(shown, anchor);
    return () => observer.disconnect();
  }, [open, kind]);

  function walk(event: KeyboardEvent) {
    if (kind !== "menu") return;
    const all = items();
    const here = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  }

  return (
    <>
      <button
        ref={opener}
        type="button"
        className={className}
        aria-label={label}
        title={label}
        aria-haspopup={kind === "menu" ? "menu" : "dialog"}
        aria-expanded={open}
        aria-controls={id}
        popoverTarget={id}
      >
        {button}
      </button>
      <div
        ref={popup}
        id={id}
        popover="auto"
        className={kind === "menu" ? "popup menu" : "popup"}
        role={kind === "menu" ? "menu" : "dialog"}
        aria-label={label}
        onKeyDown={walk}
        onClick={(event) => {
          if (kind === "menu" && (event.target as HTMLElement).closest("[role=menuitem]")) popup.current?.hidePopover();
        }}
        onToggle={(event) => setOpen(event.newState === "open")}
      >
        {open && children}
      </div>
    </>
  );
}
