import { matchSorter } from "match-sorter";
import { type SyntheticEvent, useState } from "react";

import { inOrder, roleOf } from "../../core/administration";
import { mayI, nameOf } from "../../core/select";
import { type ConversationState, myId, type State } from "../../core/state";
import type { User, UserId } from "../../core/types";
import { useAction } from "../action";
import { useClient, useSelected } from "../context";
import { Icon } from "../Icon";
import { ManyPeopleField } from "../ManyPeopleField";
import { Avatar } from "../parts/Avatar";
import { Dialog } from "../parts/Dialog";
import { Skeleton } from "../parts/Skeleton";
import { listed } from "../usernames";
import { useWords } from "../words";
import { Bans } from "./Bans";
import { MemberMenu } from "./MemberMenu";

/** From this many members on it is worth looking for one. */
const SEARCH_FROM = 8;
/** A conversation may have ten thousand members: so many are shown at once. */
const PAGE = 100;

const partOf = ({ session, users, presence }: State) => ({ session, users, presence });

/** Who is in a group or channel, what they may, and who is kept out. */
export function Members({ chat }: { readonly chat: ConversationState }) {
  const words = useWords();
  const { t } = words;
  const state = useSelected(partOf);
  const [query, setQuery] = useState("");
  const [pages, setPages] = useState(1);
  const [isAdding, setAdding] = useState(false);
  const me = myId(state);
  const name = (userId: UserId) => nameOf(state, userId, words);
  const usernameOf = (userId: UserId) => state.users.get(userId)?.username ?? "";
  const all = inOrder(chat, name);
  const found = query.trim() === "" ? all : matchSorter(all, query.trim().replace(/^@/, ""), { keys: [name, usernameOf] });
  const shown = found.slice(0, pages * PAGE);

  return (
    <div className="details-part">
      {mayI(chat, "addMembers") && (
        <button className="button button-wide" type="button" onClick={() => { setAdding(true); }}>
          <Icon name="plus" size={18} /> {t("details.addPeople")}
        </button>
      )}
      {all.length >= SEARCH_FROM && (
        <div className="search-field">
          <Icon name="search" size={18} />
          <input type="search" aria-label={t("details.findMember")} placeholder={t("details.findMember")} value={query} onChange={(event) => { setQuery(event.target.value); }} />
        </div>
      )}
      {chat.members === null && <Skeleton label={t("common.loading")} />}
      <ul className="details-list" aria-label={t("conversations.members")} data-testid="member-list">
        {shown.map((userId) => (
          <li key={userId} data-testid="member">
            <Avatar id={userId} name={name(userId)} size="small" isOnline={userId === me || state.presence.get(userId)?.online === true} />
            <span className="choice-title">
              <bdi>{userId === me ? t("details.you", { name: name(userId) }) : name(userId)}</bdi>
              <span className="choice-below" dir="ltr">{usernameOf(userId) === "" ? "" : `@${usernameOf(userId)}`}</span>
            </span>
            <span className="details-role">{roleOf(chat, userId) === "member" ? "" : t("details.role", { role: roleOf(chat, userId) })}</span>
            <MemberMenu chat={chat} userId={userId} name={name(userId)} username={usernameOf(userId)} isMe={userId === me} />
          </li>
        ))}
      </ul>
      {found.length === 0 && all.length > 0 && <p className="dialog-note" role="status">{t("details.findNobody")}</p>}
      {found.length > shown.length && (
        <button className="button button-wide" type="button" onClick={() => { setPages(pages + 1); }}>
          {t("conversations.loadMore")}
        </button>
      )}
      {mayI(chat, "moderate") && <Bans chat={chat} />}
      {isAdding && <AddDialog chat={chat} without={all.map(usernameOf)} onClose={() => { setAdding(false); }} />}
    </div>
  );
}

interface AddDialogProps {
  readonly chat: ConversationState;
  readonly without: readonly string[];
  readonly onClose: () => void;
}

function AddDialog({ chat, without, onClose }: AddDialogProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const adding = useAction();
  const [people, setPeople] = useState<readonly User[]>([]);
  const [typed, setTyped] = useState("");
  const usernames = [...people.map(({ username }) => username), ...listed(typed)];

  const add = (event: SyntheticEvent) => {
    event.preventDefault();
    void adding.run(() => client.groups.addMembers(chat.conversation.conversationId, usernames), onClose);
  };

  return (
    <Dialog title={t("details.addPeople")} onClose={onClose}>
      <form className="dialog-form" onSubmit={add}>
        <ManyPeopleField label={t("details.addLabel")} name="member" people={people} onPeople={setPeople} value={typed} onChange={setTyped} without={without} hint={t("conversations.membersHint")} />
        {adding.error !== null && <p className="error" role="alert">{adding.error}</p>}
        <button className="button button-primary button-wide" type="submit" disabled={adding.isBusy || usernames.length === 0}>
          {t("details.add")}
        </button>
      </form>
    </Dialog>
  );
}
