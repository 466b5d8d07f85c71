import type { RefObject } from "react";

import { FOR_EVER, isMarked, isMute } from "../core/mine";
import { lastPlace, moved, pinsOf } from "../core/places";
import { blockedUsers, conversationRows, nameOf, peerOf } from "../core/select";
import { type ConversationState, myId } from "../core/state";
import type { Mine } from "../core/types";
import { sentenceOf } from "./action";
import { useClient, useNow } from "./context";
import { usePanels } from "./panels";
import { Menu, MenuItem, MenuLine } from "./parts/Menu";
import { useToast } from "./parts/toasts";
import { useGuarding, type Guard } from "./safety/guarding";
import { useUnblocking } from "./safety/unblocking";
import { useText, useWords } from "./words";

interface ConversationMenuProps {
  readonly chat: ConversationState;
  readonly label: string;
  readonly testId: string;
  /** Opens by a right click or a long press in here, too. */
  readonly area?: RefObject<HTMLElement | null>;
  /** Whether what stands beside the open conversation can be opened by it. */
  readonly isOpen?: boolean;
}

/** How the user has a conversation for themselves. */
export function ConversationMenu({ chat, label, testId, area, isOpen = false }: ConversationMenuProps) {
  const t = useText();
  const panels = usePanels();
  const { ask, asking } = useGuarding();
  const { conversationId } = chat.conversation;
  return (
    <>
      <Menu label={label} testId={testId} {...(area === undefined ? {} : { area })}>
        {isOpen && (
          <>
            <MenuItem icon="info" onChoose={() => { panels.open(conversationId, { kind: "about" }); }}>{t("conversations.details")}</MenuItem>
            <MenuItem icon="search" onChoose={() => { panels.open(conversationId, { kind: "search" }); }}>{t("conversations.search")}</MenuItem>
            <MenuItem icon="pin" onChoose={() => { panels.open(conversationId, { kind: "pins" }); }}>{t("messages.pins")}</MenuItem>
            <MenuLine />
          </>
        )}
        <Items chat={chat} />
        {chat.conversation.kind !== "notes" && <Guards chat={chat} onAsk={ask} />}
      </Menu>
      {asking}
    </>
  );
}

/** Drawn only while the menu is open: there are as many menus as conversations. */
function Items({ chat }: { readonly chat: ConversationState }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const now = useNow(30_000);
  const { conversationId } = chat.conversation;
  const { mine } = chat.kept;
  const pins = pinsOf(conversationRows(client.store.get()));
  const at = pins.findIndex((pin) => pin.conversationId === conversationId);
  const isQuiet = isMute(mine, now);
  const isPinned = mine.pinPosition > 0;
  const isWaiting = chat.unread > 0 || isMarked(mine, chat.readSeq);

  const tell = (failure: unknown) => { toast(sentenceOf(failure, words)); };
  const prefer = (changed: Partial<Mine>, isMarkedUnread?: boolean) => {
    client.personal.prefer(conversationId, changed, isMarkedUnread).catch(tell);
  };
  const move = (step: 1 | -1) => {
    for (const place of moved(pins, conversationId, step)) {
      client.personal.prefer(place.conversationId, { pinPosition: place.position }).catch(tell);
    }
  };
  const archive = () => {
    const isArchived = !mine.isArchived;
    client.personal.prefer(conversationId, { isArchived }).then(() => {
      toast(t(isArchived ? "conversations.archived" : "conversations.unarchived"), () => { prefer({ isArchived: !isArchived }); });
    }, tell);
  };
  const markRead = () => {
    client.read(conversationId, Math.max(chat.log.tail, chat.countedSeq));
    if (isMarked(mine, chat.readSeq)) {
      prefer({}, false);
    }
  };

  return (
    <>
      {isWaiting ? (
        <MenuItem icon="check" onChoose={markRead}>{t("conversations.markRead")}</MenuItem>
      ) : (
        <MenuItem icon="unread" onChoose={() => { prefer({}, true); }}>{t("conversations.markUnread")}</MenuItem>
      )}
      <MenuItem icon="pin" onChoose={() => { prefer({ pinPosition: isPinned ? 0 : lastPlace(pins) }); }}>{t(isPinned ? "conversations.unpin" : "conversations.pin")}</MenuItem>
      {isPinned && at > 0 && <MenuItem icon="up" onChoose={() => { move(-1); }}>{t("conversations.pinUp")}</MenuItem>}
      {isPinned && at >= 0 && at < pins.length - 1 && <MenuItem icon="down" onChoose={() => { move(1); }}>{t("conversations.pinDown")}</MenuItem>}
      <MenuItem icon={isQuiet ? "bell" : "bellOff"} onChoose={() => { prefer({ mutedUntil: isQuiet ? 0 : FOR_EVER }); }}>{t(isQuiet ? "conversations.unmute" : "conversations.mute")}</MenuItem>
      <MenuLine />
      <MenuItem icon="archive" onChoose={archive}>{t(mine.isArchived ? "conversations.unarchive" : "conversations.archive")}</MenuItem>
    </>
  );
}

interface GuardsProps {
  readonly chat: ConversationState;
  readonly onAsk: (guard: Guard) => void;
}

/** How one keeps out of it. */
function Guards({ chat: { conversation }, onAsk }: GuardsProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const unblock = useUnblocking();
  const state = client.store.get();
  const { conversationId } = conversation;
  const peer = peerOf(conversation, myId(state));
  return (
    <>
      <MenuLine />
      {peer !== null && blockedUsers(state).has(peer) && <MenuItem icon="block" onChoose={() => { unblock(peer, nameOf(state, peer, words)); }}>{t("conversations.unblock")}</MenuItem>}
      {peer !== null && !blockedUsers(state).has(peer) && <MenuItem icon="block" isDanger onChoose={() => { onAsk({ type: "block", userId: peer }); }}>{t("conversations.block")}</MenuItem>}
      <MenuItem icon="flag" isDanger onChoose={() => { onAsk({ type: "report", what: peer === null ? { conversationId } : { userId: peer }, author: peer }); }}>{t("conversations.report")}</MenuItem>
    </>
  );
}
