import "../styles/safety.css";

import safety from "virtual:texts/en/safety";

import { type SyntheticEvent, useId, useState } from "react";

import { blockedUsers, nameOf } from "../../core/select";
import type { State } from "../../core/state";
import { REPORT_CATEGORIES, type ReportCategory, type Reported, type UserId } from "../../core/types";
import { useAction } from "../action";
import { useClient, useSelected } from "../context";
import { Dialog } from "../parts/Dialog";
import { Switch } from "../parts/Switch";
import { useToast } from "../parts/toasts";
import { alsoSaying, Rich, useWords } from "../words";
import { CATEGORIES } from "./categories";

const MAX_WORDS = 2_000;

const partOf = ({ users, preferences }: State) => ({ users, preferences });

interface ReportDialogProps {
  readonly what: Reported;
  /** Who may be blocked in the same step; null if it is nobody. */
  readonly author: UserId | null;
  readonly onClose: () => void;
}

/** Tells those who administer the server of a message, a conversation, or somebody. */
function Report({ what, author, onClose }: ReportDialogProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const id = useId();
  const reporting = useAction();
  const state = useSelected(partOf);
  const [category, setCategory] = useState<ReportCategory | null>(null);
  const [said, setSaid] = useState("");
  const [isBlocking, setBlocking] = useState(false);
  const name = author === null ? "" : nameOf(state, author, words);
  const isSayingMore = category === "other";
  const canBlock = author !== null && !blockedUsers(state).has(author);
  const title = "userId" in what ? t("safety.reportUser", { name }) : t(what.seq === undefined ? "safety.reportConversation" : "safety.reportMessage");

  const report = (event: SyntheticEvent) => {
    event.preventDefault();
    if (category !== null) {
      void reporting.run(
        async () => {
          await client.safety.report(what, category, said.trim());
          if (isBlocking && canBlock) {
            await client.safety.block(author);
          }
        },
        () => {
          toast(isBlocking && canBlock ? t("safety.sentBlocked", { name }) : t("safety.sent"));
          onClose();
        },
      );
    }
  };

  return (
    <Dialog title={title} onClose={onClose}>
      <form className="dialog-form" onSubmit={report} data-testid="report-form">
        <p className="field-hint">{t("seq" in what ? "safety.reportHintMessage" : "safety.reportHint")}</p>
        <fieldset className="reasons">
          <legend>{t("safety.why")}</legend>
          {REPORT_CATEGORIES.map((one, index) => (
            <label key={one} className="reason">
              <input
                type="radio"
                name={id}
                value={one}
                required
                checked={category === one}
                aria-describedby={`${id}-${one}`}
                {...(index === 0 ? { "data-autofocus": true } : {})}
                onChange={() => { setCategory(one); }}
              />
              <span>
                <span className="reason-name">{t(CATEGORIES[one][0])}</span>
                <span className="field-hint" id={`${id}-${one}`}>{t(CATEGORIES[one][1])}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <div className="field">
          <label htmlFor={`${id}-words`}>
            {isSayingMore ? t("safety.words") : <Rich id="common.labelOptional" values={{ label: t("safety.words"), soft: (children) => <span className="field-optional">{children}</span> }} />}
          </label>
          <textarea id={`${id}-words`} rows={3} maxLength={MAX_WORDS} required={isSayingMore} dir="auto" value={said} onChange={(event) => { setSaid(event.target.value); }} />
        </div>
        {canBlock && <Switch label={t("safety.alsoBlock", { name })} hint={t("safety.alsoBlockHint")} isOn={isBlocking} onChange={setBlocking} />}
        {reporting.error !== null && <p className="error" role="alert">{reporting.reason === "RATE_LIMITED" ? t("safety.tooMany") : reporting.error}</p>}
        <button className="button button-danger-filled button-wide" type="submit" disabled={reporting.isBusy || category === null || (isSayingMore && said.trim() === "")}>
          {t("safety.send")}
        </button>
      </form>
    </Dialog>
  );
}

export const ReportDialog = alsoSaying(Report, safety);
