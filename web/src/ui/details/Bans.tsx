import { useEffect, useState } from "react";

import { nameOf } from "../../core/select";
import type { ConversationState, State } from "../../core/state";
import type { Ban } from "../../core/types";
import { sentenceOf, useAction } from "../action";
import { useClient, useNow, useSelected } from "../context";
import { Avatar } from "../parts/Avatar";
import { useWords } from "../words";

const partOf = ({ users }: State) => ({ users });

/** Who may not come in; nothing if there is nobody. Asked for anew whenever members come or go. */
export function Bans({ chat }: { readonly chat: ConversationState }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const now = useNow(60_000);
  const state = useSelected(partOf);
  const lifting = useAction();
  const [bans, setBans] = useState<readonly Ban[]>([]);
  const [failure, setFailure] = useState<unknown>(null);
  const { conversationId } = chat.conversation;

  useEffect(() => {
    client.groups.listBans(conversationId).then(setBans, setFailure);
  }, [client, conversationId, chat.members]);

  const lift = ({ userId }: Ban) => {
    void lifting.run(() => client.groups.unban(conversationId, userId), () => { setBans((before) => before.filter((one) => one.userId !== userId)); });
  };

  if (failure !== null) {
    return <p className="error" role="alert">{sentenceOf(failure, words)}</p>;
  }
  return (
    bans.length > 0 && (
      <section className="setting" aria-label={t("details.bans")}>
        <h3>{t("details.bans")}</h3>
        {lifting.error !== null && <p className="error" role="alert">{lifting.error}</p>}
        <ul className="details-list" data-testid="bans">
          {bans.map((ban) => (
            <li key={ban.userId}>
              <Avatar id={ban.userId} name={nameOf(state, ban.userId, words)} size="small" />
              <span className="choice-title">
                <bdi>{nameOf(state, ban.userId, words)}</bdi>
                <span className="choice-below">{t("details.bannedBy", { name: nameOf(state, ban.bannedBy, words), day: words.shortTime(ban.at, now) })}</span>
              </span>
              <button className="button-link" type="button" aria-label={t("details.unbanNamed", { name: nameOf(state, ban.userId, words) })} onClick={() => { lift(ban); }}>
                {t("details.unban")}
              </button>
            </li>
          ))}
        </ul>
      </section>
    )
  );
}
