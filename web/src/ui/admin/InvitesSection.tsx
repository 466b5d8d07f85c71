import { useCallback, useState } from "react";

import type { AccountInvite } from "../../core/types";
import { useAction } from "../action";
import { useClient } from "../context";
import { Failure } from "../Failure";
import { Icon } from "../Icon";
import { useLoaded } from "../loaded";
import { Select } from "../parts/Select";
import { Skeleton } from "../parts/Skeleton";
import { Group } from "../settings/Group";
import { useWords } from "../words";
import { Secret } from "./Secret";

const DAY_S = 86_400;
const LIFETIMES = [
  { value: "1", label: "admin.oneDay" },
  { value: "7", label: "admin.oneWeek" },
  { value: "30", label: "admin.oneMonth" },
] as const;

/** What lets people register where not everyone may. */
export function InvitesSection() {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const { value: invites, failure, reload } = useLoaded(useCallback(() => client.admin.listInvites(), [client]));
  const making = useAction();
  const [days, setDays] = useState<(typeof LIFETIMES)[number]["value"]>("7");
  const [code, setCode] = useState<string | null>(null);
  const make = () =>
    making.run(async () => {
      setCode((await client.admin.createInvite(Number(days) * DAY_S)).code);
      await reload();
    });
  return (
    <>
      <Group title={t("admin.inviteMake")} hint={t("admin.inviteHint")}>
        <Select label={t("admin.inviteLasts")} value={days} options={LIFETIMES.map(({ value, label }) => ({ value, label: t(label) }))} onChange={setDays} />
        <div className="buttons">
          <button className="button button-primary" type="button" disabled={making.isBusy} onClick={() => void make()}>{t("admin.inviteMake")}</button>
        </div>
        {making.error !== null && <p className="error" role="alert">{making.error}</p>}
        {code !== null && <Secret label={t("account.invite")} value={code} />}
      </Group>
      <Group title={t("admin.invitesOpen")} hint={t(invites?.length === 0 ? "admin.invitesNone" : "admin.invitesHint")}>
        {failure !== null && <Failure reason={failure} onRetry={reload} />}
        {invites === null && failure === null && <Skeleton label={t("common.loading")} rows={2} />}
        <ul className="rows">
          {(invites ?? []).map((invite) => <InviteRow key={invite.inviteId} invite={invite} onWithdrawn={reload} />)}
        </ul>
      </Group>
    </>
  );
}

function InviteRow({ invite, onWithdrawn }: { readonly invite: AccountInvite; readonly onWithdrawn: () => Promise<void> }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const { run, isBusy, error } = useAction();
  const made = words.moment(invite.createdAt);
  return (
    <li className="row" data-testid="invite">
      <span className="row-icon"><Icon name="ticket" /></span>
      <div className="row-text">
        <p className="row-title">{t("admin.inviteMade", { time: made })}</p>
        <p className="field-hint">{t("admin.inviteUntil", { time: words.moment(invite.expiresAt) })}</p>
        {error !== null && <p className="error" role="alert">{error}</p>}
      </div>
      <button
        className="button button-danger"
        type="button"
        aria-label={t("admin.withdrawNamed", { name: made })}
        disabled={isBusy}
        onClick={() =>
          void run(async () => {
            await client.admin.withdrawInvite(invite.inviteId);
            await onWithdrawn();
          })
        }
      >
        {t("admin.withdraw")}
      </button>
    </li>
  );
}
