import { type SyntheticEvent, useState } from "react";

import type { Preferences, Privacy, Status } from "../core/types";
import { useAction } from "./action";
import { useClient } from "./context";
import { Dialog } from "./Dialog";
import { Field } from "./Field";

const CHOICES: readonly { readonly choice: Status["choice"]; readonly name: string }[] = [
  { choice: "online", name: "Online, or away when nobody is here" },
  { choice: "away", name: "Away" },
  { choice: "busy", name: "Busy" },
  { choice: "invisible", name: "Invisible: others see you as offline" },
];
const AUDIENCES: readonly { readonly presence: Privacy["presence"]; readonly name: string }[] = [
  { presence: "shared", name: "Everyone I share a conversation with" },
  { presence: "direct", name: "People I talk to directly" },
  { presence: "nobody", name: "Nobody" },
];

/** How others see the user, and what they let others know. */
export function SeenDialog({ preferences, onClose }: { readonly preferences: Preferences; readonly onClose: () => void }) {
  const client = useClient();
  const saving = useAction();
  const [status, setStatus] = useState(preferences.status);
  const [privacy, setPrivacy] = useState(preferences.privacy);

  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    void saving.run(() => client.account.beSeen({ status, privacy }), onClose);
  };

  return (
    <Dialog title="How you are seen" onClose={onClose}>
      <form className="dialog-form" onSubmit={save} data-testid="seen-form">
        <label className="field">
          You are
          <select
            name="choice"
            value={status.choice}
            onChange={(event) => { setStatus({ ...status, choice: event.target.value as Status["choice"] }); }}
          >
            {CHOICES.map(({ choice, name }) => <option key={choice} value={choice}>{name}</option>)}
          </select>
        </label>
        <Field label="Status" name="status" value={status.text} maxLength={80} isOptional onChange={(text) => { setStatus({ ...status, text }); }} />
        <Field label="Emoji" name="emoji" value={status.emoji} maxLength={16} isOptional onChange={(emoji) => { setStatus({ ...status, emoji }); }} />
        <label className="field">
          Who sees when you are here
          <select
            name="audience"
            value={privacy.presence}
            onChange={(event) => { setPrivacy({ ...privacy, presence: event.target.value as Privacy["presence"] }); }}
          >
            {AUDIENCES.map(({ presence, name }) => <option key={presence} value={presence}>{name}</option>)}
          </select>
          <span className="field-hint">You see the same of them, and no more.</span>
        </label>
        <label className="field field-check">
          <input
            type="checkbox"
            name="receipts"
            checked={privacy.receipts}
            onChange={(event) => { setPrivacy({ ...privacy, receipts: event.target.checked }); }}
          />
          Let others see what you have read, and see what they have
        </label>
        {saving.error !== null && <p className="error" role="alert">{saving.error}</p>}
        <button className="button button-primary" type="submit" disabled={saving.isBusy}>
          Save
        </button>
      </form>
    </Dialog>
  );
}
