import { type SyntheticEvent, useState } from "react";

import { nameOf, titleOf } from "../core/select";
import { type ConversationState, myId } from "../core/state";
import { useAction } from "./action";
import { useAppState, useClient } from "./context";
import { Field } from "./Field";
import { Avatar } from "./parts/Avatar";
import { Dialog } from "./parts/Dialog";
import { addressOf } from "./route";
import { useWords } from "./words";

interface MembersDialogProps {
  readonly chat: ConversationState;
  readonly onClose: () => void;
}

/** Who is in a group, and the ways in and out. */
export function MembersDialog({ chat, onClose }: MembersDialogProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const state = useAppState();
  const adding = useAction();
  const leaving = useAction();
  const inviting = useAction();
  const [link, setLink] = useState("");
  const [username, setUsername] = useState("");
  const [isSure, setSure] = useState(false);
  const { conversationId } = chat.conversation;
  const me = myId(state);

  const add = (event: SyntheticEvent) => {
    event.preventDefault();
    void adding.run(() => client.groups.addMember(conversationId, username.trim().replace(/^@/, "").toLowerCase()), () => { setUsername(""); });
  };

  const invite = () => {
    void inviting.run(async () => { setLink(addressOf(await client.groups.createInvite(conversationId))); });
  };

  const leave = () => {
    if (isSure) {
      void leaving.run(() => client.groups.leave(conversationId));
    } else {
      setSure(true);
    }
  };

  return (
    <Dialog title={titleOf(state, chat.conversation, words)} onClose={onClose}>
      <ul className="members" aria-label={t("conversations.members")} data-testid="member-list">
        {(chat.members ?? []).map((userId) => (
          <li key={userId}>
            <Avatar id={userId} name={nameOf(state, userId, words)} size="small" isOnline={userId === me || state.presence.get(userId)?.online === true} />
            <span className="members-name">{userId === me ? t("conversations.you", { name: nameOf(state, userId, words) }) : <bdi>{nameOf(state, userId, words)}</bdi>}</span>
            <span className="members-username" dir="ltr">{state.users.has(userId) ? `@${state.users.get(userId)?.username ?? ""}` : ""}</span>
          </li>
        ))}
      </ul>
      <form className="dialog-form dialog-row" onSubmit={add}>
        <Field label={t("conversations.addLabel")} name="member" value={username} onChange={setUsername} autoCapitalize="none" spellCheck={false} autoComplete="off" required />
        <button className="button button-primary" type="submit" disabled={adding.isBusy}>
          {t("conversations.add")}
        </button>
      </form>
      {adding.error !== null && <p className="error" role="alert">{adding.error}</p>}
      <div className="dialog-foot">
        {link === "" ? (
          <button className="button" type="button" onClick={invite} disabled={inviting.isBusy} data-testid="invite">
            {t("conversations.inviteAction")}
          </button>
        ) : (
          <Field label={t("conversations.inviteLabel")} name="invite" value={link} onChange={setLink} readOnly />
        )}
        {inviting.error !== null && <p className="error" role="alert">{inviting.error}</p>}
        <button className="button button-danger" type="button" onClick={leave} disabled={leaving.isBusy}>
          {t(isSure ? "conversations.leaveSure" : "conversations.leave")}
        </button>
        {leaving.error !== null && <p className="error" role="alert">{leaving.error}</p>}
      </div>
    </Dialog>
  );
}
