import { type SyntheticEvent, useCallback, useState, useSyncExternalStore } from "react";

import type { Notifications } from "../../app/notifications";
import { isMute } from "../../core/mine";
import { titleOf } from "../../core/select";
import type { State } from "../../core/state";
import type { TextId } from "../../core/texts";
import type { QuietHours, Told } from "../../core/types";
import { useAction } from "../action";
import { useAppState, useClient, useNow } from "../context";
import { Failure } from "../Failure";
import { useLoaded } from "../loaded";
import { Select } from "../parts/Select";
import { Skeleton } from "../parts/Skeleton";
import { Switch } from "../parts/Switch";
import { useToast } from "../parts/toasts";
import { useText, useWords } from "../words";
import { Group } from "./Group";

const HINTS: Readonly<Record<Notifications, TextId>> = {
  unsupported: "settings.notificationsNone",
  blocked: "settings.notificationsBlocked",
  off: "settings.notificationsOff",
  on: "settings.notificationsOn",
};
const TOLD: readonly { readonly value: Told; readonly label: TextId }[] = [
  { value: "all", label: "settings.toldAll" },
  { value: "mentions", label: "settings.toldMentions" },
  { value: "nothing", label: "settings.toldNothing" },
];
const MINUTES_PER_HOUR = 60;
const USUAL: QuietHours = { beginsMinute: 22 * MINUTES_PER_HOUR, endsMinute: 7 * MINUTES_PER_HOUR, timeZone: "UTC" };

/** What tells of messages while nobody looks, and when it does not. */
export function NotificationsSection() {
  return (
    <>
      <Device />
      <Quiet />
      <Rules />
    </>
  );
}

/** Whether this browser tells of messages while the chat is closed. */
function Device() {
  const { notifier } = useClient();
  const t = useText();
  const toast = useToast();
  const notifications = useSyncExternalStore(notifier.store.subscribe, notifier.store.get);
  const [showsText, setShowsText] = useState(() => notifier.showsText());
  const { run, isBusy, error } = useAction();
  const isOn = notifications === "on";
  return (
    <Group title={t("settings.device")}>
      <Switch
        label={t("settings.notifications")}
        hint={t(HINTS[notifications])}
        isOn={isOn}
        isDisabled={isBusy || notifications === "unsupported" || notifications === "blocked"}
        onChange={(next) => void run(() => (next ? notifier.turnOn() : notifier.turnOff()))}
      />
      {notifications === "blocked" && (
        <ol className="steps">
          <li>{t("settings.repairOpen")}</li>
          <li>{t("settings.repairAllow")}</li>
          <li>{t("settings.repairReload")}</li>
        </ol>
      )}
      {isOn && (
        <>
          <Switch
            label={t("settings.showText")}
            hint={t("settings.showTextHint")}
            isOn={showsText}
            isDisabled={isBusy}
            onChange={(next) => void run(() => notifier.showText(next), () => { setShowsText(next); })}
          />
          <div className="buttons">
            <button
              className="button"
              type="button"
              disabled={isBusy}
              onClick={() => void run(() => notifier.showOne(t("settings.testTitle"), t("settings.testText")), () => { toast(t("settings.testSent")); })}
            >
              {t("settings.test")}
            </button>
          </div>
        </>
      )}
      {error !== null && <p className="error" role="alert">{error}</p>}
    </Group>
  );
}

function Quiet() {
  const client = useClient();
  const t = useText();
  // In a box of its own: that there is no such time is an answer, too.
  const { value, failure, reload } = useLoaded(useCallback(async () => ({ hours: await client.account.quietHours() }), [client]));
  return (
    <Group title={t("settings.quiet")} hint={t("settings.quietHint")}>
      {failure !== null && <Failure reason={failure} onRetry={reload} />}
      {value === null ? failure === null && <Skeleton label={t("common.loading")} rows={1} /> : <QuietForm kept={value.hours} />}
    </Group>
  );
}

function QuietForm({ kept }: { readonly kept: QuietHours | null }) {
  const client = useClient();
  const t = useText();
  const toast = useToast();
  const saving = useAction();
  const [isOn, setOn] = useState(kept !== null);
  const [hours, setHours] = useState<QuietHours>(kept ?? { ...USUAL, timeZone: here() });
  const set = (next: QuietHours | null) => saving.run(() => client.account.setQuietHours(next), () => { toast(t("settings.saved")); });
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    void set(hours);
  };
  return (
    <>
      <Switch
        label={t("settings.quietOn")}
        isOn={isOn}
        isDisabled={saving.isBusy}
        onChange={(next) => {
          setOn(next);
          if (!next) {
            void set(null);
          }
        }}
      />
      {isOn && (
        <form className="group-form" onSubmit={save} data-testid="quiet-form">
          <div className="quiet-times">
            <TimeField label={t("settings.quietFrom")} minute={hours.beginsMinute} onChange={(beginsMinute) => { setHours({ ...hours, beginsMinute }); }} />
            <TimeField label={t("settings.quietTo")} minute={hours.endsMinute} onChange={(endsMinute) => { setHours({ ...hours, endsMinute }); }} />
          </div>
          <Select
            label={t("settings.timeZone")}
            name="timeZone"
            value={hours.timeZone}
            options={zones(hours.timeZone).map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") }))}
            onChange={(timeZone) => { setHours({ ...hours, timeZone }); }}
          />
          <div className="buttons">
            <button className="button button-primary" type="submit" disabled={saving.isBusy}>{t("settings.save")}</button>
          </div>
        </form>
      )}
      {saving.error !== null && <p className="error" role="alert">{saving.error}</p>}
    </>
  );
}

interface TimeFieldProps {
  readonly label: string;
  /** After midnight. */
  readonly minute: number;
  readonly onChange: (minute: number) => void;
}

function TimeField({ label, minute, onChange }: TimeFieldProps) {
  const two = (value: number) => String(value).padStart(2, "0");
  return (
    <label className="field">
      {label}
      <input
        type="time"
        required
        value={`${two(Math.floor(minute / MINUTES_PER_HOUR))}:${two(minute % MINUTES_PER_HOUR)}`}
        onChange={(event) => {
          const [hours, minutes] = event.target.value.split(":").map(Number);
          if (hours !== undefined && minutes !== undefined) {
            onChange(hours * MINUTES_PER_HOUR + minutes);
          }
        }}
      />
    </label>
  );
}

function here(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Those that the browser knows, and the one that is chosen. */
function zones(chosen: string): readonly string[] {
  return [...new Set([chosen, here(), "UTC", ...Intl.supportedValuesOf("timeZone")])].sort();
}

/** The conversations of which one is not told as of the others. */
function Rules() {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const state = useAppState();
  const now = useNow(60_000);
  const { isBusy, error, run } = useAction();
  const others = ruled(state, now);
  return (
    <Group title={t("settings.rules")} hint={t(others.length === 0 ? "settings.rulesNone" : "settings.rulesHint")}>
      {others.length > 0 && (
        <ul className="rows" data-testid="rules">
          {others.map(({ conversation, kept: { mine } }) => {
            const title = titleOf(state, conversation, words);
            const { conversationId } = conversation;
            return (
              <li key={conversationId} className="row row-stacked">
                <div className="row-text">
                  <p className="row-title" dir="auto">{title}</p>
                  {isMute(mine, now) && <p className="field-hint">{t("conversations.muted")}</p>}
                </div>
                <Select
                  label={t("settings.told")}
                  value={mine.told}
                  options={TOLD.map(({ value, label }) => ({ value, label: t(label) }))}
                  onChange={(told) => void run(() => client.personal.prefer(conversationId, { told }))}
                />
                {isMute(mine, now) && (
                  <button className="button" type="button" disabled={isBusy} onClick={() => void run(() => client.personal.prefer(conversationId, { mutedUntil: 0 }))}>
                    {t("conversations.unmute")}
                  </button>
                )}
              </li>
            );
          })}
        </ul>
      )}
      {error !== null && <p className="error" role="alert">{error}</p>}
    </Group>
  );
}

function ruled({ conversations }: State, now: number) {
  return [...conversations.values()].filter(({ kept: { mine } }) => mine.told !== "all" || isMute(mine, now));
}
