import { type SyntheticEvent, useCallback, useState } from "react";

import { avatarOf } from "../../core/select";
import type { State } from "../../core/state";
import { endOf, type Lasting } from "../../core/status";
import type { TextId } from "../../core/texts";
import type { Preferences, Status } from "../../core/types";
import { useAction } from "../action";
import { useClient, useSelected } from "../context";
import { Field } from "../Field";
import { Select } from "../parts/Select";
import { Skeleton } from "../parts/Skeleton";
import { useToast } from "../parts/toasts";
import { PictureField } from "../PictureField";
import { useText, useWords } from "../words";
import { Group } from "./Group";
import { type Me, useMe } from "./me";

const CHOICES: readonly { readonly value: Status["choice"]; readonly label: TextId }[] = [
  { value: "online", label: "settings.beOnline" },
  { value: "away", label: "settings.beAway" },
  { value: "busy", label: "settings.beBusy" },
  { value: "invisible", label: "settings.beInvisible" },
];
const LASTING: readonly { readonly value: Lasting; readonly label: TextId }[] = [
  { value: "forever", label: "settings.lastsForever" },
  { value: "halfHour", label: "settings.lastsHalfHour" },
  { value: "hour", label: "settings.lastsHour" },
  { value: "fourHours", label: "settings.lastsFourHours" },
  { value: "today", label: "settings.lastsToday" },
  { value: "week", label: "settings.lastsWeek" },
];
const PRESETS: readonly { readonly emoji: string; readonly text: TextId; readonly choice: Status["choice"]; readonly lasting: Lasting }[] = [
  { emoji: "📅", text: "settings.presetMeeting", choice: "busy", lasting: "hour" },
  { emoji: "🍽️", text: "settings.presetLunch", choice: "away", lasting: "hour" },
  { emoji: "🎧", text: "settings.presetFocus", choice: "busy", lasting: "fourHours" },
  { emoji: "🏠", text: "settings.presetHome", choice: "online", lasting: "today" },
  { emoji: "🤒", text: "settings.presetSick", choice: "away", lasting: "today" },
  { emoji: "🌴", text: "settings.presetHoliday", choice: "away", lasting: "week" },
];
const NO_STATUS: Status = { choice: "online", text: "", emoji: "", endsAt: null };

const preferencesOf = ({ preferences }: State) => preferences;

/** Who one is for others, and how one is seen now. */
export function ProfileSection() {
  const t = useText();
  const me = useMe();
  const preferences = useSelected(preferencesOf);
  return (
    <>
      {me !== null && <Seen me={me} />}
      {preferences === null ? <Skeleton label={t("common.loading")} rows={3} /> : <StatusForm preferences={preferences} />}
    </>
  );
}

/** The name and the picture that others see. */
function Seen({ me: { userId, name, username } }: { readonly me: Me }) {
  const client = useClient();
  const t = useText();
  const toast = useToast();
  const saving = useAction();
  const hasPicture = useSelected(useCallback((state: State) => avatarOf(state, userId) !== null, [userId]));
  // Null as long as nothing was written: the name may come, or change elsewhere, meanwhile.
  const [written, setWritten] = useState<string | null>(null);
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    void saving.run(
      () => client.account.change({ displayName: written ?? name }),
      () => {
        setWritten(null);
        toast(t("settings.saved"));
      },
    );
  };
  return (
    <Group title={t("settings.seen")} hint={t("settings.profileHint")}>
      <PictureField id={userId} name={name} hasPicture={hasPicture} onChange={(avatarFileId) => client.account.change({ avatarFileId })}>
        <div>
          <p className="profile-name" dir="auto">{name}</p>
          {username !== "" && <p className="profile-username" dir="ltr">@{username}</p>}
        </div>
      </PictureField>
      <form className="group-form" onSubmit={save} data-testid="name-form">
        <Field label={t("account.displayName")} name="name" value={written ?? name} maxLength={64} dir="auto" autoComplete="nickname" onChange={setWritten} />
        {saving.error !== null && <p className="error" role="alert">{saving.error}</p>}
        <div className="buttons">
          <button className="button button-primary" type="submit" disabled={saving.isBusy || written === null || written.trim() === name}>{t("settings.nameChange")}</button>
        </div>
      </form>
    </Group>
  );
}

function StatusForm({ preferences }: { readonly preferences: Preferences }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const saving = useAction();
  const [status, setStatus] = useState(preferences.status);
  // What is set for some time already goes on until then, unless another end is chosen.
  const [lasting, setLasting] = useState<Lasting | "asItIs">(preferences.status.endsAt === null ? "forever" : "asItIs");
  const { endsAt } = preferences.status;
  const options: readonly { readonly value: Lasting | "asItIs"; readonly label: string }[] = [
    ...(endsAt === null ? [] : [{ value: "asItIs" as const, label: t("settings.lastsUntil", { time: words.moment(endsAt) }) }]),
    ...LASTING.map(({ value, label }) => ({ value, label: t(label) })),
  ];

  const set = (next: Status) =>
    saving.run(
      () => client.account.beSeen({ ...preferences, status: next }),
      () => {
        setStatus(next);
        setLasting(next.endsAt === null ? "forever" : "asItIs");
        toast(t("settings.saved"));
      },
    );
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    void set({ ...status, endsAt: lasting === "asItIs" ? endsAt : endOf(lasting, Date.now()) });
  };

  return (
    <Group title={t("settings.status")} hint={t("settings.statusHint")}>
      <div className="presets" role="group" aria-label={t("settings.presets")}>
        {PRESETS.map(({ emoji, text, choice, lasting: lasts }) => (
          <button
            key={text}
            className="preset"
            type="button"
            onClick={() => {
              setStatus({ choice, text: t(text), emoji, endsAt: null });
              setLasting(lasts);
            }}
          >
            <span aria-hidden="true">{emoji}</span> {t(text)}
          </button>
        ))}
      </div>
      <form className="group-form" onSubmit={save} data-testid="seen-form">
        <div className="status-fields">
          <Field label={t("settings.emoji")} name="emoji" value={status.emoji} maxLength={16} onChange={(emoji) => { setStatus({ ...status, emoji }); }} />
          <Field label={t("settings.statusText")} name="status" value={status.text} maxLength={80} dir="auto" onChange={(text) => { setStatus({ ...status, text }); }} />
        </div>
        <Select
          label={t("settings.choice")}
          name="choice"
          value={status.choice}
          options={CHOICES.map(({ value, label }) => ({ value, label: t(label) }))}
          onChange={(choice) => { setStatus({ ...status, choice }); }}
        />
        <Select label={t("settings.lasts")} name="lasts" value={lasting} options={options} onChange={setLasting} />
        {saving.error !== null && <p className="error" role="alert">{saving.error}</p>}
        <div className="buttons">
          <button className="button button-primary" type="submit" disabled={saving.isBusy}>{t("settings.save")}</button>
          <button className="button" type="button" disabled={saving.isBusy} onClick={() => void set(NO_STATUS)}>{t("settings.clearStatus")}</button>
        </div>
      </form>
    </Group>
  );
}
