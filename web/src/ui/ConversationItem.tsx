import { memo, useCallback, useRef } from "react";

import { isMarked, isMute } from "../core/mine";
import { blockedUsers, type ConversationRow, nameOf, peerOf, titleOf, typists } from "../core/select";
import { myId, type State } from "../core/state";
import type { ConversationId, UserId } from "../core/types";
import { lineOf, preview, typingText } from "../core/wording";
import { useSelected } from "./context";
import { ConversationMenu } from "./ConversationMenu";
import { Icon, type IconName } from "./Icon";
import { Avatar } from "./parts/Avatar";
import { Badge } from "./parts/Badge";
import { useWords } from "./words";

const NOBODY: State["typing"] = new Map();

interface ConversationItemProps {
  readonly row: ConversationRow;
  readonly now: number;
  readonly isOpen: boolean;
  readonly onOpen: (conversationId: ConversationId) => void;
}

export const ConversationItem = memo(function ConversationItem({ row, now, isOpen, onOpen }: ConversationItemProps) {
  const words = useWords();
  const { t } = words;
  const { chat, at } = row;
  const link = useRef<HTMLAnchorElement>(null);
  const title = useSelected(useCallback((state: State) => titleOf(state, chat.conversation, words), [chat.conversation, words]));
  const { conversationId, kind } = chat.conversation;
  const peer = useSelected(useCallback((state: State) => peerOf(chat.conversation, myId(state)), [chat.conversation]));
  const isOnline = useSelected(useCallback(({ presence }: State) => peer !== null && presence.get(peer)?.online === true, [peer]));
  const { mine } = chat.kept;
  const isUnread = isMarked(mine, chat.readSeq);
  const isQuiet = isMute(mine, now);
  return (
    <>
      <a
        ref={link}
        className="item"
        href={`/c/${conversationId}`}
        aria-current={isOpen ? "page" : undefined}
        data-testid="conversation-item"
        data-unread={chat.unread > 0 || isUnread}
        onClick={(event) => {
          if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
            event.preventDefault();
            onOpen(conversationId);
          }
        }}
      >
        <Avatar id={peer ?? conversationId} name={title} isGroup={kind === "group" || kind === "channel"} isOnline={isOnline} />
        <span className="item-text">
          <span className="item-title">
            <bdi>{title}</bdi>
            {isQuiet && <Mark icon="mute" label={t("conversations.muted")} />}
            {mine.pinPosition > 0 && <Mark icon="pin" label={t("conversations.pinned")} />}
          </span>
          <LastLine row={row} />
        </span>
        <span className="item-side">
          <time className="item-time">{at > 0 ? words.shortTime(at, now) : ""}</time>
          <span className="item-badges">
            {chat.unread > 0 && chat.mentions > 0 && <span className="badge" role="img" aria-label={t("conversations.mentioned", { count: chat.mentions })} data-testid="mention-badge">@</span>}
            {chat.unread === 0 && isUnread && <span className="badge" role="img" aria-label={t("conversations.markedUnread")} data-testid="marked-unread" />}
            {chat.unread > 0 && <Badge count={chat.unread} label={t("conversations.unread", { count: chat.unread })} isQuiet={isQuiet} testId="unread-badge" />}
          </span>
        </span>
      </a>
      <ConversationMenu chat={chat} label={t("conversations.menu", { title })} testId="item-menu" area={link} />
    </>
  );
}, isSameItem);

function Mark({ icon, label }: { readonly icon: IconName; readonly label: string }) {
  return (
    <span className="item-mark" role="img" aria-label={label} title={label}>
      <Icon name={icon} size={14} />
    </span>
  );
}

/** Rows are made anew whenever anything changes; what they are made of is not. */
function isSameItem(before: ConversationItemProps, after: ConversationItemProps): boolean {
  const [one, other] = [before.row, after.row];
  return (
    one.chat === other.chat && one.last === other.last && one.pending === other.pending && one.at === other.at &&
    before.now === after.now && before.isOpen === after.isOpen && before.onOpen === after.onOpen
  );
}

function LastLine({ row: { chat, last, pending } }: { readonly row: ConversationRow }) {
  const words = useWords();
  const { t } = words;
  const { conversationId, kind } = chat.conversation;
  const state = useSelected(
    useCallback(
      ({ session, users, typing, drafts, opened, preferences }: State) => ({
        session,
        blocked: blockedUsers({ preferences }),
        users,
        typing: typing.has(conversationId) ? typing : NOBODY,
        draft: drafts.get(conversationId),
        isOpen: opened?.conversationId === conversationId,
      }),
      [conversationId],
    ),
  );
  const names = (userId: UserId) => nameOf(state, userId, words);
  const typing = typists(state, conversationId);
  if (typing.length > 0) {
    return <span className="item-last item-typing">{`${kind === "direct" ? t("conversations.typing") : typingText(typing.map(names), words)}…`}</span>;
  }
  const { draft } = state;
  if (pending === null && draft !== undefined && !state.isOpen) {
    return <span className="item-last item-draft" data-testid="item-draft">{t("conversations.draft", { text: draft })}</span>;
  }
  if (pending !== null) {
    const isFailed = pending.delivery.state === "failed";
    return (
      <span className={isFailed ? "item-last item-failed" : "item-last"}>
        <Icon name={isFailed ? "alert" : "clock"} size={14} /> {t(isFailed ? "conversations.notSent" : "conversations.youSaid", { text: lineOf(pending.said, words) })}
      </span>
    );
  }
  if (last?.content.kind === "message" && kind !== "direct" && state.blocked.has(last.senderId)) {
    return <span className="item-last">{t("messages.folded")}</span>;
  }
  return <span className="item-last">{last === null ? "" : preview(last, myId(state), kind === "group" || kind === "channel", names, words)}</span>;
}
