import { useEffect, useState } from "react";

import type { ConversationState } from "../../core/state";
import type { Invite } from "../../core/types";
import { sentenceOf, useAction } from "../action";
import { useClient } from "../context";
import { Field } from "../Field";
import { Icon } from "../Icon";
import { EmptyState } from "../parts/EmptyState";
import { Select } from "../parts/Select";
import { Skeleton } from "../parts/Skeleton";
import { useToast } from "../parts/toasts";
import { addressOf } from "../route";
import { useWords } from "../words";
import { INVITE_LIFETIMES, spanOptions } from "./seconds";

const WEEK = "604800";
const USES = [0, 1, 5, 25, 100];

/** The links that let people in. A link is shown when it is made, and never again. */
export function Invites({ chat }: { readonly chat: ConversationState }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const making = useAction();
  const withdrawing = useAction();
  const [lifetime, setLifetime] = useState(WEEK);
  const [uses, setUses] = useState("0");
  const [link, setLink] = useState("");
  const [invites, setInvites] = useState<readonly Invite[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const { conversationId } = chat.conversation;

  useEffect(() => {
    client.groups.listInvites(conversationId).then(setInvites, setFailure);
  }, [client, conversationId, link, chat.members]);

  const make = () => {
    const maxUses = Number(uses);
    void making.run(async () => {
      setLink(addressOf(await client.groups.createInvite(conversationId, { lifetimeS: Number(lifetime), ...(maxUses === 0 ? {} : { maxUses }) })));
    });
  };
  const copy = () => {
    void navigator.clipboard.writeText(link).then(() => { toast(t("conversations.copied")); }, () => { toast(t("details.notCopied")); });
  };
  const withdraw = ({ inviteId }: Invite) => {
    void withdrawing.run(() => client.groups.withdrawInvite(conversationId, inviteId), () => {
      setInvites((before) => before?.filter((one) => one.inviteId !== inviteId) ?? null);
    });
  };

  const error = failure === null ? (making.error ?? withdrawing.error) : sentenceOf(failure, words);
  return (
    <div className="details-part">
      <div className="details-two">
        <Select label={t("details.inviteLifetime")} value={lifetime} options={spanOptions(INVITE_LIFETIMES, Number(lifetime), "", words)} onChange={setLifetime} />
        <Select
          label={t("details.inviteUses")}
          value={uses}
          options={USES.map((count) => ({ value: String(count), label: count === 0 ? t("details.inviteAnyUses") : t("details.inviteUsesCount", { count }) }))}
          onChange={setUses}
        />
      </div>
      <button className="button button-primary button-wide" type="button" onClick={make} disabled={making.isBusy} data-testid="invite">
        <Icon name="link" size={18} /> {t("details.inviteAction")}
      </button>
      {link !== "" && (
        <div className="dialog-row">
          <Field label={t("details.inviteLabel")} name="invite" value={link} onChange={setLink} hint={t("details.inviteOnce")} readOnly />
          <button className="button details-copy" type="button" onClick={copy}>{t("details.copy")}</button>
        </div>
      )}
      {error !== null && <p className="error" role="alert">{error}</p>}
      {invites === null && failure === null && <Skeleton label={t("common.loading")} rows={2} />}
      {invites?.length === 0 && <EmptyState icon="link" title={t("details.invitesEmpty")} />}
      <ul className="details-list" aria-label={t("details.invites")} data-testid="invites">
        {(invites ?? []).map((invite) => (
          <li key={invite.inviteId}>
            <span className="details-icon"><Icon name="link" size={18} /></span>
            <span className="choice-title">
              <span>{invite.maxUses === 0 ? t("details.inviteUsed", { count: invite.uses }) : t("details.inviteUsedOf", { count: invite.uses, max: invite.maxUses })}</span>
              <span className="choice-below">{t("details.inviteUntil", { time: words.moment(invite.expiresAt) })}</span>
            </span>
            <button className="button-link" type="button" onClick={() => { withdraw(invite); }}>{t("details.withdraw")}</button>
          </li>
        ))}
      </ul>
    </div>
  );
}
