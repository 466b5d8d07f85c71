import { type SyntheticEvent, useId, useState } from "react";

import type { Report, ReportAction } from "../../core/types";
import { useAction } from "../action";
import { useClient } from "../context";
import { Dialog } from "../parts/Dialog";
import { useText } from "../words";
import { ACTION_NAMES } from "./reports";
import { SuspendFields, WEEK_S } from "./SuspendFields";

const MAX_NOTE = 2_000;

interface ResolveDialogProps {
  readonly report: Report;
  readonly action: ReportAction;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** What there is to say about what is done, before it is. */
export function ResolveDialog({ report, action, onDone, onClose }: ResolveDialogProps) {
  const client = useClient();
  const t = useText();
  const id = useId();
  const resolving = useAction();
  const [note, setNote] = useState("");
  const [lasts, setLasts] = useState(WEEK_S);
  const [reason, setReason] = useState("");
  const isSuspending = action === "suspend_user";

  const resolve = (event: SyntheticEvent) => {
    event.preventDefault();
    void resolving.run(async () => {
      const suspension = isSuspending ? { suspension: { endsAt: Date.now() + lasts * 1_000, reason: reason.trim() } } : {};
      await client.moderation.resolveReport(report.reportId, { action, note: note.trim(), ...suspension });
    }, onDone);
  };

  return (
    <Dialog title={t(ACTION_NAMES[action])} onClose={onClose}>
      <form className="dialog-form" onSubmit={resolve} data-testid="resolve-form">
        {isSuspending && <SuspendFields lasts={lasts} onLasts={setLasts} reason={reason} onReason={setReason} />}
        <div className="field">
          <label htmlFor={id}>{t("admin.note")}</label>
          <textarea id={id} rows={3} maxLength={MAX_NOTE} dir="auto" aria-describedby={`${id}-hint`} value={note} onChange={(event) => { setNote(event.target.value); }} />
          <p className="field-hint" id={`${id}-hint`}>{t("admin.noteHint")}</p>
        </div>
        {resolving.error !== null && <p className="error" role="alert">{resolving.error}</p>}
        <button className={action === "dismiss" ? "button button-primary" : "button button-danger-filled"} type="submit" disabled={resolving.isBusy}>
          {t(ACTION_NAMES[action])}
        </button>
      </form>
    </Dialog>
  );
}
