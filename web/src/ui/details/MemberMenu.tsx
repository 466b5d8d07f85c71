import { useState } from "react";

import { type GivenRole, powersOver } from "../../core/administration";
import { blockedUsers } from "../../core/select";
import type { ConversationState } from "../../core/state";
import type { TextId } from "../../core/texts";
import type { UserId } from "../../core/types";
import { sentenceOf } from "../action";
import { useClient, useSelected } from "../context";
import { Confirm } from "../parts/Confirm";
import { Menu, MenuItem, MenuLine } from "../parts/Menu";
import { useToast } from "../parts/toasts";
import { useGuarding } from "../safety/guarding";
import { useUnblocking } from "../safety/unblocking";
import { useWords } from "../words";

interface MemberMenuProps {
  readonly chat: ConversationState;
  readonly userId: UserId;
  readonly name: string;
  readonly username: string;
  readonly isMe: boolean;
}

const MAKE: Readonly<Record<GivenRole, TextId>> = {
  admin: "details.makeAdmin",
  member: "details.makeMember",
  reader: "details.makeReader",
};

type Asked = "remove" | "ban" | "handOver";

/** What one may do with a member. */
export function MemberMenu({ chat, userId, name, username, isMe }: MemberMenuProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const [asked, setAsked] = useState<Asked | null>(null);
  const { ask, asking } = useGuarding();
  const unblock = useUnblocking();
  const isBlocked = useSelected(blockedUsers).has(userId);
  const { conversationId } = chat.conversation;
  const { roles, mayRemove, mayBan, mayHandOver } = powersOver(chat, userId);
  const tell = (failure: unknown) => { toast(sentenceOf(failure, words)); };
  const close = () => { setAsked(null); };

  if (isMe && roles.length === 0) {
    return <span className="details-no-menu" />;
  }
  return (
    <>
      <Menu label={t("details.memberMenu", { name })} testId="member-menu">
        {!isMe && <MenuItem icon="person" onChoose={() => { client.groups.startDirect(username).then((id) => { client.openConversation(id); }, tell); }}>{t("details.writeTo")}</MenuItem>}
        {roles.map((role) => (
          <MenuItem key={role} onChoose={() => { client.groups.setRole(conversationId, userId, role).catch(tell); }}>
            {t(MAKE[role])}
          </MenuItem>
        ))}
        {mayHandOver && <MenuItem onChoose={() => { setAsked("handOver"); }}>{t("details.makeOwner")}</MenuItem>}
        {!isMe && <MenuLine />}
        {!isMe && isBlocked && <MenuItem icon="block" onChoose={() => { unblock(userId, name); }}>{t("conversations.unblock")}</MenuItem>}
        {!isMe && !isBlocked && <MenuItem icon="block" isDanger onChoose={() => { ask({ type: "block", userId }); }}>{t("conversations.block")}</MenuItem>}
        {!isMe && <MenuItem icon="flag" isDanger onChoose={() => { ask({ type: "report", what: { userId }, author: userId }); }}>{t("conversations.report")}</MenuItem>}
        {(mayRemove || mayBan) && <MenuLine />}
        {mayRemove && <MenuItem isDanger onChoose={() => { setAsked("remove"); }}>{t("details.remove")}</MenuItem>}
        {mayBan && <MenuItem isDanger onChoose={() => { setAsked("ban"); }}>{t("details.ban")}</MenuItem>}
      </Menu>
      {asking}
      {asked === "remove" && (
        <Confirm title={t("details.removeTitle", { name })} action={t("details.remove")} isDanger onConfirm={() => client.groups.removeMember(conversationId, userId)} onClose={close}>
          {t("details.removeHint")}
        </Confirm>
      )}
      {asked === "ban" && (
        <Confirm title={t("details.banTitle", { name })} action={t("details.ban")} isDanger onConfirm={() => client.groups.ban(conversationId, userId)} onClose={close}>
          {t("details.banHint")}
        </Confirm>
      )}
      {asked === "handOver" && (
        <Confirm title={t("details.makeOwnerTitle", { name })} action={t("details.makeOwner")} onConfirm={() => client.groups.handOver(conversationId, userId)} onClose={close}>
          {t("details.makeOwnerHint")}
        </Confirm>
      )}
    </>
  );
}
