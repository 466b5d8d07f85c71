import type { RefObject } from "react";

import { actionsOf, type Powers, QUICK_REACTIONS } from "../core/actions";
import type { MessageRow } from "../core/timeline";
import { LOOKS } from "./action_looks";
import type { Act } from "./acting";
import { EmojiButton } from "./EmojiButton";
import { Icon } from "./Icon";
import { Menu, MenuItem, MenuLine } from "./parts/Menu";
import { useText } from "./words";

interface MessageMenuProps {
  readonly row: MessageRow;
  readonly powers: Powers;
  /** Where it opens by a right click or a long press, too. */
  readonly area: RefObject<HTMLElement | null>;
  readonly onAct: Act;
  readonly onReact: (emoji: string, isRemoved: boolean) => void;
}

/** What to do with a message: to react and to answer are one press away, and the menu has the rest. */
export function MessageTools(props: MessageMenuProps) {
  const { row, powers, onAct, onReact } = props;
  const t = useText();
  return (
    <span className="bubble-tools">
      {!row.shown.isDeleted && <EmojiButton label={t("messages.react")} testId="message-react" onPick={(emoji) => { onReact(emoji, false); }} />}
      {actionsOf(row, powers).includes("reply") && (
        <button className="button-icon" type="button" aria-label={t("messages.reply")} data-tip={t("messages.reply")} data-testid="message-reply" onClick={() => { onAct("reply", row); }}>
          <Icon name="reply" size={18} />
        </button>
      )}
      <MessageMenu {...props} />
    </span>
  );
}

/** Reactions first, and then what is possible. */
function MessageMenu({ row, powers, area, onAct, onReact }: MessageMenuProps) {
  const t = useText();
  const { shown } = row;
  const actions = actionsOf(row, powers);
  const isMine = (emoji: string) => shown.reactions.some((reaction) => reaction.emoji === emoji && reaction.isMine);
  return (
    <Menu label={t("messages.menu")} testId="message-menu" area={area}>
      {!shown.isDeleted && (
        <div className="menu-emoji" role="group" aria-label={t("messages.react")}>
          {QUICK_REACTIONS.map((emoji) => (
            <MenuItem key={emoji} isChecked={isMine(emoji)} onChoose={() => { onReact(emoji, isMine(emoji)); }}>
              {emoji}
            </MenuItem>
          ))}
        </div>
      )}
      {!shown.isDeleted && <MenuLine />}
      {actions.map((action) => (
        <MenuItem key={action} icon={LOOKS[action].icon} isDanger={action === "delete"} onChoose={() => { onAct(action, row); }}>
          {t(action === "pin" && shown.isPinned ? "messages.unpin" : LOOKS[action].label)}
        </MenuItem>
      ))}
    </Menu>
  );
}
