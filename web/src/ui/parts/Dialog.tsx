import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

import { Icon } from "../Icon";
import { useText } from "../words";
import { useFocusGivenBack } from "./focus";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** `alertdialog` for what must be answered: then a press beside it does not close it. */
  readonly role?: "dialog" | "alertdialog";
}

/** A modal dialog; on phones a sheet from below. Esc and a press beside it close it, and the focus goes back to where it was. */
export function Dialog({ title, onClose, children, role = "dialog" }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const t = useText();
  useFocusGivenBack(dialog, true);

  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // The browser would choose the button that closes it.
    element?.querySelector<HTMLElement>("[data-autofocus], input:not([type=radio])")?.focus();
    return () => { element?.close(); };
  }, []);

  return (
    <dialog
      ref={dialog}
      className="dialog"
      role={role}
      aria-labelledby={titleId}
      onCancel={(event) => {
        // A file chooser inside tells of its own end by the same event.
        if (event.target === event.currentTarget) {
          event.preventDefault();
          onClose();
        }
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget && role === "dialog") {
          onClose();
        }
      }}
    >
      <div className="dialog-body">
        <header className="dialog-head">
          <h2 id={titleId} dir="auto">{title}</h2>
          <button className="button-icon" type="button" onClick={onClose} aria-label={t("common.close")}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
