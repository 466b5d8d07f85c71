import { type SyntheticEvent, useState } from "react";

import { useAction } from "./action";
import { Dialog } from "./parts/Dialog";
import { useText } from "./words";

interface SendLaterDialogProps {
  /** At a time, in Unix milliseconds. */
  readonly onSend: (at: number) => Promise<void>;
  readonly onClose: () => void;
}

const HOUR_MS = 3_600_000;

/** Asks when a message is to be sent. */
export function SendLaterDialog({ onSend, onClose }: SendLaterDialogProps) {
  const sending = useAction();
  const t = useText();
  const [time, setTime] = useState(() => local(Date.now() + HOUR_MS));

  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    void sending.run(() => onSend(new Date(time).getTime()), onClose);
  };

  return (
    <Dialog title={t("composer.later")} onClose={onClose}>
      <form className="dialog-form" onSubmit={send} data-testid="later-form">
        <label className="field">
          {t("composer.laterWhen")}
          <input type="datetime-local" name="time" step={1} required value={time} onChange={(event) => { setTime(event.target.value); }} />
        </label>
        {sending.error !== null && <p className="error" role="alert">{sending.error}</p>}
        <button className="button button-primary" type="submit" disabled={sending.isBusy}>
          {t("composer.laterAction")}
        </button>
      </form>
    </Dialog>
  );
}

/** A time as such an input has it: where the user is, and without a zone. */
export function local(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
