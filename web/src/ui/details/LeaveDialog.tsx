import details from "virtual:texts/en/details";

import { titleOf } from "../../core/select";
import type { ConversationState, State } from "../../core/state";
import { useClient, useSelected } from "../context";
import { Confirm } from "../parts/Confirm";
import { alsoSaying, useWords } from "../words";

const partOf = ({ session, users }: State) => ({ session, users });

/** Asks before the user leaves a group or channel. */
function LeaveDialogInside({ chat, onClose }: { readonly chat: ConversationState; readonly onClose: () => void }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const state = useSelected(partOf);
  const { conversation, me, members } = chat;
  const isLastOwner = me?.role === "owner" && (members?.length ?? 0) > 1;
  return (
    <Confirm
      title={t("details.leaveTitle", { title: titleOf(state, conversation, words) })}
      action={t("details.leaveSure")}
      isDanger
      onConfirm={() => client.groups.leave(conversation.conversationId)}
      onClose={onClose}
    >
      {t(isLastOwner ? "details.leaveOwner" : conversation.isPublic ? "details.leavePublic" : "details.leaveHint")}
    </Confirm>
  );
}

export const LeaveDialog = alsoSaying(LeaveDialogInside, details);
