import { useEffect, useState } from "react";

import type { ConversationId } from "../core/types";
import { sentenceOf, useAction } from "./action";
import { useClient } from "./context";
import { Dialog } from "./parts/Dialog";
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
  const [found, setFound] = useState<{ readonly title: string; readonly memberCount: number } | null>(null);
  const [problem, setProblem] = useState<unknown>(null);

  useEffect(() => {
    client.groups.previewInvite(code).then(
      ({ conversation, memberCount }) => { setFound({ title: conversation.title, memberCount }); },
      (failure: unknown) => { setProblem(failure); },
    );
  }, [client, code]);

  const join = () => {
    void joining.run(async () => { onJoined(await client.groups.join(code)); });
  };

  const error = problem === null ? joining.error : sentenceOf(problem, words);
  return (
    <Dialog title={found === null ? t("conversations.inviteTitle") : t("conversations.joinTitle", { title: found.title })} onClose={onClose}>
      {found !== null && <p>{t("conversations.joinCount", { count: found.memberCount })}</p>}
      {error !== null && <p className="error" role="alert">{error}</p>}
      <div className="dialog-foot">
        <button className="button button-primary" type="button" onClick={join} disabled={found === null || joining.isBusy} data-testid="join">
          {t("conversations.join")}
        </button>
      </div>
    </Dialog>
  );
}
