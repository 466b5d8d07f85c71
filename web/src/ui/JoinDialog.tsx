import { useEffect, useState } from "react";

import type { ConversationId, InvitePreview } from "../core/types";
import { sentenceOf, useAction } from "./action";
import { useClient } from "./context";
import { Avatar } from "./parts/Avatar";
import { Dialog } from "./parts/Dialog";
import { Skeleton } from "./parts/Skeleton";
import { useWords } from "./words";

interface JoinDialogProps {
  readonly code: string;
  readonly onClose: () => void;
  readonly onJoined: (conversationId: ConversationId) => void;
}

/** What an invite leads to, and the way in. */
export function JoinDialog({ code, onClose, onJoined }: JoinDialogProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const joining = useAction();
  const [found, setFound] = useState<InvitePreview | null>(null);
  const [problem, setProblem] = useState<unknown>(null);

  useEffect(() => {
    client.groups.previewInvite(code).then(setFound, setProblem);
  }, [client, code]);

  const join = () => {
    void joining.run(async () => { onJoined(found?.isJoined === true ? found.conversation.conversationId : await client.groups.join(code)); });
  };

  const error = problem === null ? joining.error : sentenceOf(problem, words);
  return (
    <Dialog title={found === null ? t("conversations.inviteTitle") : t("conversations.joinTitle", { title: found.conversation.title })} onClose={onClose}>
      {found === null && problem === null && <Skeleton label={t("common.loading")} rows={1} />}
      {found !== null && (
        <div className="join">
          <Avatar id={found.conversation.conversationId} name={found.conversation.title} size="large" isGroup />
          {found.conversation.topic !== "" && <p dir="auto">{found.conversation.topic}</p>}
          <p className="field-hint">{t("conversations.joinCount", { count: found.memberCount })}</p>
        </div>
      )}
      {error !== null && <p className="error" role="alert">{error}</p>}
      <div className="dialog-foot">
        <button className="button button-primary" type="button" onClick={join} disabled={found === null || joining.isBusy} data-testid="join">
          {t(found?.isJoined === true ? "conversations.open" : "conversations.join")}
        </button>
      </div>
    </Dialog>
  );
}
