import type { State } from "../../core/state";
import type { TextId } from "../../core/texts";
import type { Preferences, Privacy } from "../../core/types";
import { useAction } from "../action";
import { useClient, useSelected } from "../context";
import { Select } from "../parts/Select";
import { Skeleton } from "../parts/Skeleton";
import { Switch } from "../parts/Switch";
import { BlockedPeople } from "../safety/BlockedPeople";
import { useText } from "../words";
import { Group } from "./Group";

const AUDIENCES: readonly { readonly value: Privacy["presence"]; readonly label: TextId }[] = [
  { value: "shared", label: "settings.audienceShared" },
  { value: "direct", label: "settings.audienceDirect" },
  { value: "nobody", label: "settings.audienceNobody" },
];

const preferencesOf = ({ preferences }: State) => preferences;

/** What others know of one, and who is kept away. */
export function PrivacySection() {
  const t = useText();
  const preferences = useSelected(preferencesOf);
  return preferences === null ? (
    <Skeleton label={t("common.loading")} rows={2} />
  ) : (
    <>
      <Visibility preferences={preferences} />
      <BlockedPeople blocks={preferences.blocks} />
    </>
  );
}

function Visibility({ preferences }: { readonly preferences: Preferences }) {
  const client = useClient();
  const t = useText();
  const { isBusy, error, run } = useAction();
  const { privacy } = preferences;
  const set = (changed: Partial<Privacy>) => run(() => client.account.beSeen({ ...preferences, privacy: { ...privacy, ...changed } }));
  return (
    <Group title={t("settings.seen")} hint={t("settings.audienceHint")}>
      <Select
        label={t("settings.audience")}
        name="audience"
        value={privacy.presence}
        options={AUDIENCES.map(({ value, label }) => ({ value, label: t(label) }))}
        onChange={(presence) => void set({ presence })}
      />
      <Switch label={t("settings.receipts")} hint={t("settings.receiptsHint")} isOn={privacy.receipts} isDisabled={isBusy} onChange={(receipts) => void set({ receipts })} />
      {error !== null && <p className="error" role="alert">{error}</p>}
    </Group>
  );
}
