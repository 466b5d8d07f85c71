import { useEffect, useState } from "react";

import { titleOf } from "../core/select";
import type { Entry } from "../core/types";
import { sentenceOf } from "./action";
import { useAppState, useClient } from "./context";
import { Icon } from "./Icon";
import { MessageLink } from "./MessageLink";
import { Dialog } from "./parts/Dialog";
import { EmptyState } from "./parts/EmptyState";
import { Skeleton } from "./parts/Skeleton";
import { useReveal } from "./reveal";
import { useWords } from "./words";

/** The messages that the user has starred, as they are now; each leads to where it was said. */
export function StarsDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const state = useAppState();
  const reveal = useReveal();
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
      {stars === null && failure === null && <Skeleton label={t("common.loading")} />}
      {stars?.length === 0 && (
        <EmptyState icon="star" title={t("conversations.starsEmpty")}>
          <p>{t("conversations.starsHint")}</p>
        </EmptyState>
      )}
      <ul className="message-links" data-testid="stars">
        {(stars ?? []).map((entry) => {
          const chat = state.conversations.get(entry.conversationId);
          return (
            <MessageLink
              key={`${entry.conversationId}/${entry.seq}`}
              entry={entry}
              {...(chat === undefined ? {} : { from: titleOf(state, chat.conversation, words) })}
              onFollow={() => {
                onClose();
                void reveal(entry.conversationId, entry.seq);
              }}
            >
              <button className="button-icon" type="button" aria-label={t("conversations.starsOff")} title={t("conversations.starsOff")} onClick={() => { take(entry); }}>
                <Icon name="close" size={16} />
              </button>
            </MessageLink>
          );
        })}
      </ul>
    </Dialog>
  );
}
