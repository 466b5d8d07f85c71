import { FOR_EVER, isMarked, isMute } from "../core/mine";
import type { ConversationState } from "../core/state";
import type { Mine } from "../core/types";
import { useClient, useNow } from "./context";
import { usePanels } from "./panels";
import { Menu, MenuItem, MenuLine } from "./parts/Menu";
import { useText } from "./words";

/** How the user has a conversation for themselves. */
export function ConversationMenu({ chat, onFailure }: { readonly chat: ConversationState; readonly onFailure: (failure: unknown) => void }) {
  const client = useClient();
  const t = useText();
  const panels = usePanels();
  const now = useNow(30_000);
  const { conversationId } = chat.conversation;
  const { mine } = chat.kept;
  const isQuiet = isMute(mine, now);
  const isUnread = isMarked(mine, chat.readSeq);
  const prefer = (changed: Partial<Mine>, isMarkedUnread?: boolean) => {
    client.personal.prefer(conversationId, changed, isMarkedUnread).catch(onFailure);
  };
  return (
    <Menu label={t("common.more")} testId="conversation-menu">
      <MenuItem icon="pin" onChoose={() => { panels.open(conversationId, { kind: "pins" }); }}>{t("messages.pins")}</MenuItem>
      <MenuLine />
      <MenuItem onChoose={() => { prefer({ mutedUntil: isQuiet ? 0 : FOR_EVER }); }}>{t(isQuiet ? "conversations.unmute" : "conversations.mute")}</MenuItem>
      <MenuItem onChoose={() => { prefer({ pinPosition: mine.pinPosition > 0 ? 0 : 1 }); }}>{t(mine.pinPosition > 0 ? "conversations.unpin" : "conversations.pin")}</MenuItem>
      <MenuItem onChoose={() => { prefer({ isArchived: !mine.isArchived }); }}>{t(mine.isArchived ? "conversations.unarchive" : "conversations.archive")}</MenuItem>
      <MenuItem onChoose={() => { prefer({}, !isUnread); }}>{t(isUnread ? "conversations.markRead" : "conversations.markUnread")}</MenuItem>
    </Menu>
  );
}
