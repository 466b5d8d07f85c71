import { matchSorter } from "match-sorter";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";

import { conversationRows, peerOf, titleOf } from "../core/select";
import { myId, type State } from "../core/state";
import type { ConversationId } from "../core/types";
import { useAction } from "./action";
import { useClient, useSelected } from "./context";
import { Icon } from "./Icon";
import { Avatar } from "./parts/Avatar";
import { Dialog } from "./parts/Dialog";
import { stepped } from "./parts/focus";
import { named } from "./usernames";
import { useWords } from "./words";

interface QuickSwitcherProps {
  readonly onClose: () => void;
  readonly onOpen: (conversationId: ConversationId) => void;
}

interface Target {
  readonly key: string;
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly isGroup: boolean;
  readonly conversationId: ConversationId | null;
  /** Of who has no conversation with the user yet. */
  readonly username: string;
}

const MAX_SHOWN = 12;
/** As accounts take them. */
const USERNAME = /^[a-z0-9][a-z0-9._-]{2,}$/;

const partOf = ({ session, conversations, users, outbox }: State) => ({ session, conversations, users, outbox });

/** Leads to a conversation, or to a person, by some letters of the name. */
export function QuickSwitcher({ onClose, onOpen }: QuickSwitcherProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const state = useSelected(partOf);
  const opening = useAction();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const targets = useMemo(() => targetsOf(state, words), [state, words]);
  const typed = named(query);
  const found = query.trim() === "" ? targets.filter(({ conversationId }) => conversationId !== null) : matchSorter(targets, query.trim().replace(/^@/, ""), { keys: ["title", "note"] });
  const shown = found.slice(0, MAX_SHOWN);
  const isNew = USERNAME.test(typed) && !targets.some(({ username, note }) => username === typed || note === `@${typed}`);
  const options: readonly Target[] = isNew
    ? [...shown, { key: "new", id: typed, title: `@${typed}`, note: t("conversations.switchNew"), isGroup: false, conversationId: null, username: typed }]
    : shown;
  const at = Math.min(chosen, options.length - 1);

  useEffect(() => { list.current?.children[at]?.scrollIntoView({ block: "nearest" }); }, [at]);

  const open = ({ conversationId, username }: Target) => {
    if (conversationId !== null) {
      onOpen(conversationId);
    } else {
      void opening.run(async () => { onOpen(await client.groups.startDirect(username)); });
    }
  };
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    const target = options[at];
    const next = event.key === "Home" || event.key === "End" ? null : stepped(event, "vertical", at, options.length);
    if (next !== null) {
      event.preventDefault();
      setChosen(next);
    } else if (event.key === "Enter" && target !== undefined && !event.nativeEvent.isComposing) {
      event.preventDefault();
      open(target);
    }
  };

  return (
    <Dialog title={t("conversations.switchTitle")} onClose={onClose}>
      <div className="search-field">
        <Icon name="search" size={18} />
        <input
          type="text"
          enterKeyHint="go"
          role="combobox"
          aria-label={t("conversations.switchLabel")}
          placeholder={t("conversations.switchLabel")}
          aria-expanded="true"
          aria-controls={id}
          aria-autocomplete="list"
          {...(at < 0 ? {} : { "aria-activedescendant": `${id}-${at}` })}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setChosen(0);
            opening.clear();
          }}
          onKeyDown={press}
        />
      </div>
      {opening.error !== null && <p className="error" role="alert">{opening.error}</p>}
      <ul ref={list} id={id} className="choices" role="listbox" aria-label={t("conversations.switchTitle")} data-testid="switch-list">
        {options.map((target, index) => (
          <li
            key={target.key}
            id={`${id}-${index}`}
            className="choice-row"
            role="option"
            aria-selected={index === at}
            data-testid="switch-option"
            onPointerMove={() => { setChosen(index); }}
            onClick={() => { open(target); }}
          >
            <Avatar id={target.id} name={target.key === "new" ? "…" : target.title} size="small" isGroup={target.isGroup} />
            <span className="choice-title"><bdi>{target.title}</bdi></span>
            {target.note !== "" && <span className="choice-note"><bdi>{target.note}</bdi></span>}
          </li>
        ))}
      </ul>
      {options.length === 0 && <p className="dialog-note" role="status">{t("conversations.switchNone")}</p>}
    </Dialog>
  );
}

/** The conversations in the order of the list, then the people whom the user knows from groups. */
function targetsOf(state: Pick<State, "session" | "conversations" | "users" | "outbox">, words: ReturnType<typeof useWords>): readonly Target[] {
  const me = myId(state);
  const conversations = conversationRows(state).map(({ chat: { conversation } }) => {
    const peer = peerOf(conversation, me);
    const username = peer === null ? undefined : state.users.get(peer)?.username;
    return {
      key: conversation.conversationId,
      id: peer ?? conversation.conversationId,
      title: titleOf(state, conversation, words),
      note: username === undefined ? "" : `@${username}`,
      isGroup: conversation.kind === "group" || conversation.kind === "channel",
      conversationId: conversation.conversationId,
      username: username ?? "",
    };
  });
  const known = new Set<string>(conversations.map(({ id }) => id));
  const people = [...state.users.values()]
    .filter(({ userId, displayName }) => userId !== me && displayName !== null && !known.has(userId))
    .map(({ userId, username, displayName }) => ({
      key: userId,
      id: userId,
      title: displayName ?? username,
      note: `@${username}`,
      isGroup: false,
      conversationId: null,
      username,
    }));
  return [...conversations, ...people];
}
