import { useEffect, useState } from "react";

import type { State } from "../core/state";
import type { ConversationId, Listed, PublicConversation } from "../core/types";
import { sentenceOf, useAction } from "./action";
import { useClient, useSelected } from "./context";
import { Icon } from "./Icon";
import { Avatar } from "./parts/Avatar";
import { Dialog } from "./parts/Dialog";
import { EmptyState } from "./parts/EmptyState";
import { Skeleton } from "./parts/Skeleton";
import { useWords } from "./words";

interface DirectoryDialogProps {
  readonly onClose: () => void;
  readonly onOpen: (conversationId: ConversationId) => void;
}

/** Who types goes on within this time. */
const PAUSE_MS = 250;

const conversationsOf = ({ conversations }: State) => conversations;

/** The groups and channels that everyone may join. */
export function DirectoryDialog({ onClose, onOpen }: DirectoryDialogProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const conversations = useSelected(conversationsOf);
  const joining = useAction();
  const more = useAction();
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<Listed<PublicConversation> | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const prefix = query.trim();

  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(() => {
      client.groups.listPublic(prefix).then(
        (list) => {
          if (!isOver) {
            setFound(list);
            setFailure(null);
          }
        },
        (problem: unknown) => {
          if (!isOver) {
            setFailure(problem);
          }
        },
      );
    }, PAUSE_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [client, prefix]);

  const loadMore = ({ items, next }: Listed<PublicConversation>) => {
    void more.run(async () => {
      const page = await client.groups.listPublic(prefix, next);
      setFound({ items: [...items, ...page.items], next: page.next });
    });
  };
  const join = ({ conversationId }: PublicConversation) => {
    void joining.run(async () => {
      await client.groups.joinPublic(conversationId);
      onOpen(conversationId);
    });
  };

  const error = failure === null ? (joining.error ?? more.error) : sentenceOf(failure, words);
  return (
    <Dialog title={t("conversations.discover")} onClose={onClose}>
      <div className="search-field">
        <Icon name="search" size={18} />
        <input type="text" enterKeyHint="search" aria-label={t("conversations.discoverLabel")} placeholder={t("conversations.discoverLabel")} value={query} onChange={(event) => { setQuery(event.target.value); }} />
      </div>
      {error !== null && <p className="error" role="alert">{error}</p>}
      {found === null && failure === null && <Skeleton label={t("common.loading")} />}
      {found?.items.length === 0 && <EmptyState icon="globe" title={t(prefix === "" ? "conversations.discoverEmpty" : "conversations.discoverNone")} />}
      {found !== null && found.items.length > 0 && (
        <ul className="choices" data-testid="directory">
          {found.items.map((one) => (
            <li key={one.conversationId} className="choice-row">
              <Avatar id={one.conversationId} name={one.title} isGroup />
              <span className="choice-title">
                <bdi>{one.title}</bdi>
                <span className="choice-below"><bdi>{one.topic === "" ? t(one.kind === "channel" ? "conversations.channel" : "conversations.group") : one.topic}</bdi></span>
              </span>
              {conversations.has(one.conversationId) ? (
                <button className="button" type="button" aria-label={t("conversations.openNamed", { title: one.title })} onClick={() => { onOpen(one.conversationId); }}>
                  {t("conversations.open")}
                </button>
              ) : (
                <button className="button button-primary" type="button" aria-label={t("conversations.joinNamed", { title: one.title })} disabled={joining.isBusy} onClick={() => { join(one); }}>
                  {t("conversations.join")}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {found !== null && found.next !== "" && (
        <button className="button button-wide" type="button" disabled={more.isBusy} onClick={() => { loadMore(found); }}>
          {t("conversations.loadMore")}
        </button>
      )}
    </Dialog>
  );
}
