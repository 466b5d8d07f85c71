import { useEffect, useState } from "react";

import { titleOf } from "../core/select";
import type { Later } from "../core/types";
import { sentenceOf } from "./action";
import { useAppState, useClient } from "./context";
import { Dialog } from "./parts/Dialog";

/** What is to be sent later, and can be taken back until then. */
export function LaterDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useClient();
  const state = useAppState();
  const [waiting, setWaiting] = useState<readonly Later[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const fail = (failure: unknown) => { setError(sentenceOf(failure)); };

  useEffect(() => {
    client.listLater().then(setWaiting, fail);
  }, [client]);

  const cancel = ({ messageId }: Later) => {
    client.cancelLater(messageId).then(() => {
      setWaiting((before) => before?.filter((one) => one.messageId !== messageId) ?? null);
    }, fail);
  };

  return (
    <Dialog title="To be sent later" onClose={onClose}>
      {error !== null && <p className="error" role="alert">{error}</p>}
      {waiting?.length === 0 && <p>Nothing waits to be sent.</p>}
      <ul className="kept" data-testid="later">
        {(waiting ?? []).map((one) => {
          const chat = state.conversations.get(one.conversationId);
          return (
            <li key={one.messageId} data-testid="waiting">
              <span className="kept-from">
                {chat === undefined ? "" : titleOf(state, chat.conversation)}, {new Date(one.at).toLocaleString()}
              </span>
              <span dir="auto">{one.text}</span>
              <button className="button-link" type="button" onClick={() => { cancel(one); }}>
                Do not send
              </button>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
