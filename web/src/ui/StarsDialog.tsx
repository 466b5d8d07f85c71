import { useEffect, useState } from "react";

import { nameOf, titleOf } from "../core/select";
import { myId } from "../core/state";
import type { Entry } from "../core/types";
import { describe } from "../core/wording";
import { sentenceOf } from "./action";
import { useAppState, useClient } from "./context";
import { Dialog } from "./parts/Dialog";

/** The messages that the user has starred, as they are now. */
export function StarsDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useClient();
  const state = useAppState();
  const [stars, setStars] = useState<readonly Entry[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const fail = (failure: unknown) => { setError(sentenceOf(failure)); };

  useEffect(() => {
    client.listStars().then(setStars, fail);
  }, [client]);

  const take = ({ conversationId, seq }: Entry) => {
    client.star(conversationId, seq, false).then(() => {
      setStars((before) => before?.filter((one) => one.conversationId !== conversationId || one.seq !== seq) ?? null);
    }, fail);
  };

  return (
    <Dialog title="Starred messages" onClose={onClose}>
      {error !== null && <p className="error" role="alert">{error}</p>}
      {stars?.length === 0 && <p>Nothing is starred yet.</p>}
      <ul className="kept" data-testid="stars">
        {(stars ?? []).map((entry) => {
          const chat = state.conversations.get(entry.conversationId);
          return (
            <li key={`${entry.conversationId}/${entry.seq}`} data-testid="star">
              <span className="kept-from">{chat === undefined ? "" : titleOf(state, chat.conversation)}</span>
              <span dir="auto">{describe(entry, myId(state), (userId) => nameOf(state, userId))}</span>
              <button className="button-link" type="button" onClick={() => { take(entry); }}>
                Take the star off
              </button>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
