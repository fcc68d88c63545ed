import type { ReactNode } from "react";
import { useId, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { asFailure } from "../api/failure";
import { Button, Notice } from "./controls";
import { Icon } from "./icons";

/** The browser's own dialog: it keeps the focus inside, closes on Escape and gives the focus back. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();

  // In the layout phase: it must be closed before it is taken out, to give the focus back.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // Not the cross: what one came for, or the way out of what one may regret.
    shown?.querySelector<HTMLElement>("input, footer button")?.focus();
    return () => shown?.close();
  }, []);

  // Beside the page, so that it looks the same over a page and over a call.
  return createPortal(
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="dialog-body">
        <header>
          <h2 id={id}>{title}</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>,
    document.body,
  );
}

interface ConfirmProps {
  title: string;
  action: string;
  onClose: () => void;
  /** Carries it out; what it throws is shown in the dialog. */
  onConfirm: () => Promise<void>;
  children: ReactNode;
}

export function Confirm({ title, action, onClose, onConfirm, children }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string>();

  async function confirm() {
    setBusy(true);
    setWrong(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setWrong(asFailure(error).message);
      setBusy(false);
    }
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <div className="prose">{children}</div>
      {wrong && <Notice kind="bad">{wrong}</Notice>}
      <footer>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" busy={busy} onClick={confirm}>
          {action}
        </Button>
      </footer>
    </Dialog>
  );
}
