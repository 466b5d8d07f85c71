import { mayI } from "../core/select";
import { sentenceOf, useAction } from "./action";
import { useClient } from "./context";
import { Icon } from "./Icon";
import { MessageLink } from "./MessageLink";
import { EmptyState } from "./parts/EmptyState";
import { Skeleton } from "./parts/Skeleton";
import { useUncover } from "./panels";
import { usePins } from "./pins";
import { useReveal } from "./reveal";
import type { SideProps } from "./Side";
import { useWords } from "./words";

/** What is pinned for everyone in the conversation. */
export function Pins({ chat }: SideProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const reveal = useReveal();
  const uncover = useUncover();
  const unpinning = useAction();
  const { pins, failure } = usePins(chat);
  const { conversationId } = chat.conversation;
  const canPin = mayI(chat, "pin");

  return (
    <>
      {failure !== null && <p className="error" role="alert">{sentenceOf(failure, words)}</p>}
      {unpinning.error !== null && <p className="error" role="alert">{unpinning.error}</p>}
      {pins === null && failure === null && <Skeleton label={t("common.loading")} />}
      {pins?.length === 0 && (
        <EmptyState icon="pin" title={t("messages.pinsEmpty")}>
          <p>{t(canPin ? "messages.pinsHint" : "messages.pinsHintReader")}</p>
        </EmptyState>
      )}
      <ul className="message-links">
        {(pins ?? []).map((entry) => (
          <MessageLink
            key={entry.seq}
            entry={entry}
            onFollow={() => {
              uncover();
              void reveal(conversationId, entry.seq);
            }}
          >
            {canPin && (
              <button
                className="button-icon"
                type="button"
                aria-label={t("messages.unpin")}
                title={t("messages.unpin")}
                disabled={unpinning.isBusy}
                onClick={() => void unpinning.run(() => client.messages.change(conversationId, entry.seq, { type: "pin", isRemoved: true }))}
              >
                <Icon name="close" size={16} />
              </button>
            )}
          </MessageLink>
        ))}
      </ul>
    </>
  );
}
