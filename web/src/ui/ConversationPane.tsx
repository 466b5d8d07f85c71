import { useCallback, useMemo, useState } from "react";

import { nameOf, peerOf, titleOf, typists } from "../core/select";
import { type ConversationState, myId, type State } from "../core/state";
import { timeline } from "../core/timeline";
import type { ConversationId, FileRef, MessageId } from "../core/types";
import { beside, presenceText, typingText } from "../core/wording";
import { sentenceOf } from "./action";
import { Composer } from "./Composer";
import { useClient, useNow } from "./context";
import { ConversationMenu } from "./ConversationMenu";
import { Icon } from "./Icon";
import { MembersDialog } from "./MembersDialog";
import { MessageList } from "./MessageList";
import { Avatar } from "./parts/Avatar";
import { SendLaterDialog } from "./SendLaterDialog";
import { useWords } from "./words";

interface ConversationPaneProps {
  readonly state: State;
  readonly chat: ConversationState;
  /** Files to be attached to what is written next. */
  readonly handed: readonly File[];
  /** They are attached. */
  readonly onHanded: () => void;
  readonly onClose: () => void;
}

export function ConversationPane({ state, chat, handed, onHanded, onClose }: ConversationPaneProps) {
  const client = useClient();
  const words = useWords();
  const [isListing, setListing] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [later, setLater] = useState<{ readonly text: string; readonly key: MessageId } | null>(null);
  const { conversation, log, streams, watermarks, hidden } = chat;
  const { conversationId } = conversation;
  const { outbox, users } = state;
  const me = myId(state);
  const peer = peerOf(conversation, me);
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
    [log.entries, streams, outbox, conversationId, me, peer, watermarks, newAfterSeq, hidden],
  );
  const change = useCallback(
    (text: string) => {
      client.draft(conversationId, text);
      if (text.trim() !== "") {
        client.typing(conversationId);
      }
    },
    [client, conversationId],
  );
  const send = useCallback(
    (text: string, files: readonly FileRef[]) => {
      client.send(conversationId, { text, files });
    },
    [client, conversationId],
  );

  return (
    <section className="conversation" aria-label={title} data-testid="conversation">
      <Header
        state={state}
        chat={chat}
        onClose={onClose}
        onMembers={() => { setListing(true); }}
        onFailure={(error) => { setFailure(sentenceOf(error, words)); }}
      />
      {failure !== null && <p className="error" role="alert">{failure}</p>}
      <MessageList rows={rows} chat={chat} users={users} me={me} />
      <p className="typing" role="status" data-testid="typing-line">
        <TypingLine state={state} conversationId={conversationId} />
      </p>
      <Composer title={title} text={state.drafts.get(conversationId) ?? ""} handed={handed} onHanded={onHanded} onChange={change} onSend={send} onLater={(text) => { setLater({ text, key: client.newMessageId() }); }} />
      {later !== null && (
        <SendLaterDialog onSend={(at) => client.personal.sendLater(conversationId, { text: later.text }, at, later.key)} onClose={() => { setLater(null); }} />
      )}
      {isListing && <MembersDialog state={state} chat={chat} onClose={() => { setListing(false); }} />}
    </section>
  );
}

function TypingLine({ state, conversationId }: { readonly state: State; readonly conversationId: ConversationId }) {
  const words = useWords();
  const text = typingText(typists(state, conversationId).map((id) => nameOf(state, id, words)), words);
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

interface HeaderProps {
  readonly state: State;
  readonly chat: ConversationState;
  readonly onClose: () => void;
  readonly onMembers: () => void;
  readonly onFailure: (failure: unknown) => void;
}

function Header({ state, chat, onClose, onMembers, onFailure }: HeaderProps) {
  const words = useWords();
  const { t } = words;
  const { conversation, members } = chat;
  const now = useNow(30_000);
  const title = titleOf(state, conversation, words);
  const peer = peerOf(conversation, myId(state));
  const presence = peer === null ? undefined : state.presence.get(peer);
  const online = (members ?? []).filter((id) => id === myId(state) || state.presence.get(id)?.online === true).length;
  const count = members?.length ?? 0;
  const crowd = count > 0 ? t("conversations.crowd", { count, online }) : "";
  const subtitle = peer !== null ? presenceText(presence, now, words) : beside([conversation.topic, crowd]);
  return (
    <header className="conversation-head">
      <button className="button-icon conversation-back" type="button" onClick={onClose} aria-label={t("conversations.back")}>
        <Icon name="back" />
      </button>
      <Avatar id={peer ?? conversation.conversationId} name={title} isGroup={peer === null} isOnline={presence?.online === true} />
      <div className="conversation-names">
        <h2 data-testid="conversation-title" dir="auto">{title}</h2>
        <p data-testid="conversation-subtitle">{subtitle}</p>
      </div>
      {peer === null && (
        <button className="button-icon" type="button" onClick={onMembers} aria-label={t("conversations.members")} title={t("conversations.members")} data-testid="members">
          <Icon name="people" />
        </button>
      )}
      <ConversationMenu chat={chat} onFailure={onFailure} />
    </header>
  );
}
