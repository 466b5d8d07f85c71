import { useEffect, useState } from "react";

import { titleOf } from "../core/select";
import type { Later } from "../core/types";
import { sentenceOf } from "./action";
import { useAppState, useClient } from "./context";
import { Dialog } from "./parts/Dialog";
import { useWords } from "./words";

/** What is to be sent later, and can be taken back until then. */
export function LaterDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const state = useAppState();
  const [waiting, setWaiting] = useState<readonly Later[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);

  useEffect(() => {
    client.personal.listLater().then(setWaiting, setFailure);
  }, [client]);

  const cancel = ({ messageId }: Later) => {
    client.personal.cancelLater(messageId).then(() => {
      setWaiting((before) => before?.filter((one) => one.messageId !== messageId) ?? null);
    }, setFailure);
  };

  return (
    <Dialog title={t("composer.laterTitle")} onClose={onClose}>
      {failure !== null && <p className="error" role="alert">{sentenceOf(failure, words)}</p>}
      {waiting?.length === 0 && <p>{t("composer.laterEmpty")}</p>}
      <ul className="kept" data-testid="later">
        {(waiting ?? []).map((one) => {
          const chat = state.conversations.get(one.conversationId);
          return (
            <li key={one.messageId} data-testid="waiting">
              <span className="kept-from">
                {t("composer.laterFrom", { title: chat === undefined ? "" : titleOf(state, chat.conversation, words), time: words.moment(one.at) })}
              </span>
              <span dir="auto">{one.text}</span>
              <button className="button-link" type="button" onClick={() => { cancel(one); }}>
                {t("composer.doNotSend")}
              </button>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
