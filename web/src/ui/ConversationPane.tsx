import { lazy, Suspense, useCallback, useMemo, useState } from "react";

import { blockedUsers, nameOf, peerOf, titleOf, typists } from "../core/select";
import { type ConversationState, myId, type State } from "../core/state";
import { timelines } from "../core/timeline";
import type { ConversationId } from "../core/types";
import { beside, presenceText, typingText } from "../core/wording";
import { useNow, useSelected } from "./context";
import { ConversationMenu } from "./ConversationMenu";
import { Icon } from "./Icon";
import { MessageList } from "./MessageList";
import { Avatar } from "./parts/Avatar";
import { usePanels } from "./panels";
import { useWords } from "./words";

const BlockedBar = lazy(async () => ({ default: (await import("./safety/BlockedBar")).BlockedBar }));
const Composer = lazy(async () => ({ default: (await import("./Composer")).Composer }));
const PinsBar = lazy(async () => ({ default: (await import("./PinsBar")).PinsBar }));

interface ConversationPaneProps {
  readonly conversationId: ConversationId;
  /** Files to be attached to what is written next. */
  readonly handed: readonly File[];
  /** They are attached. */
  readonly onHanded: () => void;
  readonly onClose: () => void;
}

/** The open conversation, if it is known. It is not drawn anew for what only a part of it shows. */
export function ConversationPane({ conversationId, ...rest }: ConversationPaneProps) {
  const chat = useSelected(useCallback(({ conversations }: State) => conversations.get(conversationId), [conversationId]));
  return chat === undefined ? null : <Conversation chat={chat} {...rest} />;
}

interface ConversationProps extends Omit<ConversationPaneProps, "conversationId"> {
  readonly chat: ConversationState;
}

const partOf = ({ session, users, outbox, opened, preferences }: State) => ({ session, users, outbox, opened, preferences });

function Conversation({ chat, handed, onHanded, onClose }: ConversationProps) {
  const words = useWords();
  const state = useSelected(partOf);
  const [timeline] = useState(timelines);
  const { conversation, log, streams, watermarks, hidden } = chat;
  const { conversationId } = conversation;
  const { outbox, users } = state;
  const me = myId(state);
  const peer = peerOf(conversation, me);
  const isBlocked = peer !== null && blockedUsers(state).has(peer);
  const title = titleOf(state, conversation, words);
  const newAfterSeq = state.opened?.newAfterSeq ?? null;

  const rows = useMemo(
    () =>
      timeline({
        entries: log.entries,
        streams,
        pending: outbox.filter((item) => item.conversationId === conversationId),
        me,
        peer: peer === null ? null : (watermarks.get(peer) ?? { conversationId, userId: peer, deliveredSeq: 0, readSeq: 0 }),
        newAfterSeq,
        hidden,
      }),
    [timeline, log.entries, streams, outbox, conversationId, me, peer, watermarks, newAfterSeq, hidden],
  );
  return (
    <section className="conversation" aria-label={title} data-testid="conversation">
      <Header chat={chat} onClose={onClose} />
      <Suspense>
        <PinsBar chat={chat} />
      </Suspense>
      <MessageList rows={rows} chat={chat} users={users} me={me} />
      <p className="typing" role="status" data-testid="typing-line">
        <Typing conversationId={conversationId} />
      </p>
      {peer !== null && isBlocked ? (
        <Suspense>
          <BlockedBar userId={peer} />
        </Suspense>
      ) : (
        <Suspense fallback={<ComposerPlace />}>
          <Composer chat={chat} title={title} handed={handed} onHanded={onHanded} />
        </Suspense>
      )}
    </section>
  );
}

/** As tall as the composer, so that nothing moves when that is there. */
function ComposerPlace() {
  return (
    <div className="composer" aria-hidden="true">
      <div className="composer-box">
        <textarea rows={1} disabled />
      </div>
    </div>
  );
}

function Typing({ conversationId }: { readonly conversationId: ConversationId }) {
  const words = useWords();
  const text = useSelected(
    useCallback((state: State) => typingText(typists(state, conversationId).map((id) => nameOf(state, id, words)), words), [conversationId, words]),
  );
  return (
    text !== "" && (
      <>
        <span className="typing-dots" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
        {text}
      </>
    )
  );
}

const headOf = ({ session, users, presence }: State) => ({ session, users, presence });

interface HeaderProps {
  readonly chat: ConversationState;
  readonly onClose: () => void;
}

function Header({ chat, onClose }: HeaderProps) {
  const words = useWords();
  const { t } = words;
  const panels = usePanels();
  const state = useSelected(headOf);
  const { conversation, members } = chat;
  const now = useNow(30_000);
  const title = titleOf(state, conversation, words);
  const peer = peerOf(conversation, myId(state));
  const presence = peer === null ? undefined : state.presence.get(peer);
  const online = (members ?? []).filter((id) => id === myId(state) || state.presence.get(id)?.online === true).length;
  const count = members?.length ?? 0;
  const isCrowd = conversation.kind === "group" || conversation.kind === "channel";
  const crowd = isCrowd && count > 0 ? t("conversations.crowd", { count, online }) : "";
  const subtitle = peer !== null ? presenceText(presence, now, words) : beside([conversation.topic, crowd]);
  return (
    <header className="conversation-head">
      <button className="button-icon conversation-back" type="button" onClick={onClose} aria-label={t("conversations.back")}>
        <Icon name="back" />
      </button>
      <button className="conversation-about" type="button" aria-label={t("conversations.detailsOf", { title })} onClick={() => { panels.open(conversation.conversationId, { kind: "about" }); }}>
        <Avatar id={peer ?? conversation.conversationId} name={title} isGroup={isCrowd} isOnline={presence?.online === true} />
      </button>
      <div className="conversation-names">
        <h2 data-testid="conversation-title" dir="auto">{title}</h2>
        <p data-testid="conversation-subtitle">{subtitle}</p>
      </div>
      <button className="button-icon conversation-search" type="button" onClick={() => { panels.open(conversation.conversationId, { kind: "search" }); }} aria-label={t("conversations.search")} title={t("conversations.search")} data-testid="search-here">
        <Icon name="search" />
      </button>
      {isCrowd && (
        <button className="button-icon" type="button" onClick={() => { panels.open(conversation.conversationId, { kind: "members" }); }} aria-label={t("conversations.members")} title={t("conversations.members")} data-testid="members">
          <Icon name="people" />
        </button>
      )}
      <ConversationMenu chat={chat} label={t("common.more")} testId="conversation-menu" isOpen />
    </header>
  );
}
