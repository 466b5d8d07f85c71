import { type SyntheticEvent, useState } from "react";

import type { Preferences, Privacy, Status } from "../core/types";
import { useAction } from "./action";
import { useClient } from "./context";
import { Field } from "./Field";
import { Dialog } from "./parts/Dialog";
import { Select } from "./parts/Select";

const CHOICES: readonly { readonly value: Status["choice"]; readonly label: string }[] = [
  { value: "online", label: "Online, or away when nobody is here" },
  { value: "away", label: "Away" },
  { value: "busy", label: "Busy" },
  { value: "invisible", label: "Invisible: others see you as offline" },
];
const AUDIENCES: readonly { readonly value: Privacy["presence"]; readonly label: string }[] = [
  { value: "shared", label: "Everyone I share a conversation with" },
  { value: "direct", label: "People I talk to directly" },
  { value: "nobody", label: "Nobody" },
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
        <Select label="You are" name="choice" value={status.choice} options={CHOICES} onChange={(choice) => { setStatus({ ...status, choice }); }} />
        <Field label="Status" name="status" value={status.text} maxLength={80} isOptional onChange={(text) => { setStatus({ ...status, text }); }} />
        <Field label="Emoji" name="emoji" value={status.emoji} maxLength={16} isOptional onChange={(emoji) => { setStatus({ ...status, emoji }); }} />
        <Select
          label="Who sees when you are here"
          name="audience"
          value={privacy.presence}
          options={AUDIENCES}
          hint="You see the same of them, and no more."
          onChange={(presence) => { setPrivacy({ ...privacy, presence }); }}
        />
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
