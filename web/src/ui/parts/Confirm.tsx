import type { ReactNode } from "react";

import { useAction } from "../action";
import { useStopping } from "../stopping";
import { useText } from "../words";
import { Dialog } from "./Dialog";

interface ConfirmProps {
  readonly title: string;
  /** What will have happened then. */
  readonly children: ReactNode;
  /** What is done, as the button says it. */
  readonly action: string;
  readonly isDanger?: boolean;
  /** It closes when that is done, and says so when it fails. */
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

/** Asks before something that can't be undone. The focus is on the way out. */
export function Confirm({ title, children, action, isDanger = false, onConfirm, onClose }: ConfirmProps) {
  const t = useText();
  const confirming = useAction();
  const { begin } = useStopping();
  const confirm = () => {
    const signal = begin();
    void confirming.run(onConfirm, () => {
      if (!signal.aborted) {
        onClose();
      }
    });
  };
  return (
    <Dialog title={title} role="alertdialog" onClose={onClose}>
      <div className="confirm-text">{children}</div>
      {confirming.error !== null && <p className="error" role="alert">{confirming.error}</p>}
      <div className="confirm-buttons">
        <button className="button" type="button" data-autofocus onClick={onClose}>
          {t("common.cancel")}
        </button>
        <button
          className={isDanger ? "button button-danger-filled" : "button button-primary"}
          type="button"
          disabled={confirming.isBusy}
          onClick={confirm}
        >
          {action}
        </button>
      </div>
    </Dialog>
  );
}
