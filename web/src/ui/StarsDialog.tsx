import { useEffect, useState } from "react";

import { nameOf, titleOf } from "../core/select";
import { myId } from "../core/state";
import type { Entry } from "../core/types";
import { describe } from "../core/wording";
import { sentenceOf } from "./action";
import { useAppState, useClient } from "./context";
import { Dialog } from "./parts/Dialog";
import { useWords } from "./words";

/** The messages that the user has starred, as they are now. */
export function StarsDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const state = useAppState();
  const [stars, setStars] = useState<readonly Entry[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);

  useEffect(() => {
    client.personal.listStars().then(({ items }) => { setStars(items); }, setFailure);
  }, [client]);

  const take = ({ conversationId, seq }: Entry) => {
    client.personal.star(conversationId, seq, false).then(() => {
      setStars((before) => before?.filter((one) => one.conversationId !== conversationId || one.seq !== seq) ?? null);
    }, setFailure);
  };

  return (
    <Dialog title={t("conversations.starsTitle")} onClose={onClose}>
      {failure !== null && <p className="error" role="alert">{sentenceOf(failure, words)}</p>}
      {stars?.length === 0 && <p>{t("conversations.starsEmpty")}</p>}
      <ul className="kept" data-testid="stars">
        {(stars ?? []).map((entry) => {
          const chat = state.conversations.get(entry.conversationId);
          return (
            <li key={`${entry.conversationId}/${entry.seq}`} data-testid="star">
              <span className="kept-from" dir="auto">{chat === undefined ? "" : titleOf(state, chat.conversation, words)}</span>
              <span dir="auto">{describe(entry, myId(state), (userId) => nameOf(state, userId, words), words)}</span>
              <button className="button-link" type="button" onClick={() => { take(entry); }}>
                {t("conversations.starsOff")}
              </button>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
