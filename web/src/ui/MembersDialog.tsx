import { type SyntheticEvent, useState } from "react";

import { nameOf } from "../core/select";
import { type ConversationState, myId } from "../core/state";
import { useAction } from "./action";
import { useAppState, useClient } from "./context";
import { Field } from "./Field";
import { Avatar } from "./parts/Avatar";
import { Dialog } from "./parts/Dialog";
import { addressOf } from "./route";

interface MembersDialogProps {
  readonly chat: ConversationState;
  readonly onClose: () => void;
}

/** Who is in a group, and the ways in and out. */
export function MembersDialog({ chat, onClose }: MembersDialogProps) {
  const client = useClient();
  const state = useAppState();
  const adding = useAction();
  const leaving = useAction();
  const inviting = useAction();
  const [link, setLink] = useState("");
  const [username, setUsername] = useState("");
  const [isSure, setSure] = useState(false);
  const { conversationId, title } = chat.conversation;
  const me = myId(state);

  const add = (event: SyntheticEvent) => {
    event.preventDefault();
    void adding.run(() => client.addMember(conversationId, username.trim().replace(/^@/, "").toLowerCase()), () => { setUsername(""); });
  };

  const invite = () => {
    void inviting.run(async () => { setLink(addressOf(await client.createInvite(conversationId))); });
  };

  const leave = () => {
    if (isSure) {
      void leaving.run(() => client.leave(conversationId));
    } else {
      setSure(true);
    }
  };

  return (
    <Dialog title={title} onClose={onClose}>
      <ul className="members" aria-label="Members" data-testid="member-list">
        {(chat.members ?? []).map((userId) => (
          <li key={userId}>
            <Avatar id={userId} name={nameOf(state, userId)} size="small" isOnline={userId === me || state.presence.get(userId)?.online === true} />
            <span className="members-name">{userId === me ? `${nameOf(state, userId)} (you)` : nameOf(state, userId)}</span>
            <span className="members-username">{state.users.has(userId) ? `@${state.users.get(userId)?.username ?? ""}` : ""}</span>
          </li>
        ))}
      </ul>
      <form className="dialog-form dialog-row" onSubmit={add}>
        <Field label="Add by user name" name="member" value={username} onChange={setUsername} autoCapitalize="none" spellCheck={false} autoComplete="off" required />
        <button className="button button-primary" type="submit" disabled={adding.isBusy}>
          Add
        </button>
      </form>
      {adding.error !== null && <p className="error" role="alert">{adding.error}</p>}
      <div className="dialog-foot">
        {link === "" ? (
          <button className="button" type="button" onClick={invite} disabled={inviting.isBusy} data-testid="invite">
            Make an invite link
          </button>
        ) : (
          <Field label="Whoever has this link may join, for a week" name="invite" value={link} onChange={setLink} readOnly />
        )}
        {inviting.error !== null && <p className="error" role="alert">{inviting.error}</p>}
        <button className="button button-danger" type="button" onClick={leave} disabled={leaving.isBusy}>
          {isSure ? "Leave, really" : "Leave group"}
        </button>
        {leaving.error !== null && <p className="error" role="alert">{leaving.error}</p>}
      </div>
    </Dialog>
  );
}
