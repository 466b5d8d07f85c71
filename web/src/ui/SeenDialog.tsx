import { type SyntheticEvent, useState } from "react";

import type { TextId } from "../core/texts";
import type { Preferences, Privacy, Status } from "../core/types";
import { useAction } from "./action";
import { useClient } from "./context";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import { LanguageSelect } from "./LanguageSelect";
import { useText } from "./words";

const CHOICES: readonly { readonly choice: Status["choice"]; readonly name: TextId }[] = [
  { choice: "online", name: "settings.beOnline" },
  { choice: "away", name: "settings.beAway" },
  { choice: "busy", name: "settings.beBusy" },
  { choice: "invisible", name: "settings.beInvisible" },
];
const AUDIENCES: readonly { readonly presence: Privacy["presence"]; readonly name: TextId }[] = [
  { presence: "shared", name: "settings.audienceShared" },
  { presence: "direct", name: "settings.audienceDirect" },
  { presence: "nobody", name: "settings.audienceNobody" },
];

/** How others see the user, and what they let others know. */
export function SeenDialog({ preferences, onClose }: { readonly preferences: Preferences; readonly onClose: () => void }) {
  const client = useClient();
  const t = useText();
  const saving = useAction();
  const [status, setStatus] = useState(preferences.status);
  const [privacy, setPrivacy] = useState(preferences.privacy);

  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    void saving.run(() => client.beSeen({ status, privacy }), onClose);
  };

  return (
    <Dialog title={t("settings.seen")} onClose={onClose}>
      <form className="dialog-form" onSubmit={save} data-testid="seen-form">
        <label className="field">
          {t("settings.choice")}
          <select
            name="choice"
            value={status.choice}
            onChange={(event) => { setStatus({ ...status, choice: event.target.value as Status["choice"] }); }}
          >
            {CHOICES.map(({ choice, name }) => <option key={choice} value={choice}>{t(name)}</option>)}
          </select>
        </label>
        <Field label={t("settings.status")} name="status" value={status.text} maxLength={80} isOptional onChange={(text) => { setStatus({ ...status, text }); }} />
        <Field label={t("settings.emoji")} name="emoji" value={status.emoji} maxLength={16} isOptional onChange={(emoji) => { setStatus({ ...status, emoji }); }} />
        <label className="field">
          {t("settings.audience")}
          <select
            name="audience"
            value={privacy.presence}
            onChange={(event) => { setPrivacy({ ...privacy, presence: event.target.value as Privacy["presence"] }); }}
          >
            {AUDIENCES.map(({ presence, name }) => <option key={presence} value={presence}>{t(name)}</option>)}
          </select>
          <span className="field-hint">{t("settings.audienceHint")}</span>
        </label>
        <label className="field field-check">
          <input
            type="checkbox"
            name="receipts"
            checked={privacy.receipts}
            onChange={(event) => { setPrivacy({ ...privacy, receipts: event.target.checked }); }}
          />
          {t("settings.receipts")}
        </label>
        <LanguageSelect />
        {saving.error !== null && <p className="error" role="alert">{saving.error}</p>}
        <button className="button button-primary" type="submit" disabled={saving.isBusy}>
          {t("settings.save")}
        </button>
      </form>
    </Dialog>
  );
}
