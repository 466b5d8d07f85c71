import { type SyntheticEvent, useState } from "react";

import type { TextId } from "../core/texts";
import type { Preferences, Privacy, Status } from "../core/types";
import { useAction } from "./action";
import { useClient } from "./context";
import { Field } from "./Field";
import { Dialog } from "./parts/Dialog";
import { Select } from "./parts/Select";
import { LanguageSelect } from "./LanguageSelect";
import { useText } from "./words";

const CHOICES: readonly { readonly value: Status["choice"]; readonly label: TextId }[] = [
  { value: "online", label: "settings.beOnline" },
  { value: "away", label: "settings.beAway" },
  { value: "busy", label: "settings.beBusy" },
  { value: "invisible", label: "settings.beInvisible" },
];
const AUDIENCES: readonly { readonly value: Privacy["presence"]; readonly label: TextId }[] = [
  { value: "shared", label: "settings.audienceShared" },
  { value: "direct", label: "settings.audienceDirect" },
  { value: "nobody", label: "settings.audienceNobody" },
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
    void saving.run(() => client.account.beSeen({ status, privacy }), onClose);
  };

  return (
    <Dialog title={t("settings.seen")} onClose={onClose}>
      <form className="dialog-form" onSubmit={save} data-testid="seen-form">
        <Select
          label={t("settings.choice")}
          name="choice"
          value={status.choice}
          options={CHOICES.map(({ value, label }) => ({ value, label: t(label) }))}
          onChange={(choice) => { setStatus({ ...status, choice }); }}
        />
        <Field label={t("settings.status")} name="status" value={status.text} maxLength={80} isOptional onChange={(text) => { setStatus({ ...status, text }); }} />
        <Field label={t("settings.emoji")} name="emoji" value={status.emoji} maxLength={16} isOptional onChange={(emoji) => { setStatus({ ...status, emoji }); }} />
        <Select
          label={t("settings.audience")}
          name="audience"
          value={privacy.presence}
          options={AUDIENCES.map(({ value, label }) => ({ value, label: t(label) }))}
          hint={t("settings.audienceHint")}
          onChange={(presence) => { setPrivacy({ ...privacy, presence }); }}
        />
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
