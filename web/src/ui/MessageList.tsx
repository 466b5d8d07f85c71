import { memo, useCallback } from "react";

import { nameOf } from "../core/select";
import type { ConversationState, State } from "../core/state";
import type { Row } from "../core/timeline";
import type { UserId } from "../core/types";
import { describe } from "../core/wording";
import { useClient, useNow } from "./context";
import { Icon } from "./Icon";
import { Message } from "./Message";
import { useScroll } from "./scroll";
import { useWords } from "./words";

interface MessageListProps {
  readonly rows: readonly Row[];
  readonly chat: ConversationState;
  readonly users: State["users"];
  readonly me: UserId | null;
}

export const MessageList = memo(function MessageList({ rows, chat, users, me }: MessageListProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const now = useNow(60_000);
  const scroll = useScroll(rows, chat);
  const { conversationId, kind } = chat.conversation;
  const names = useCallback((userId: UserId) => nameOf({ users }, userId, words), [users, words]);

  return (
    <div className="list-frame">
      <div
        className="list"
        ref={scroll.list}
        onScroll={scroll.onScroll}
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label={t("messages.log")}
        aria-busy={chat.older === "loading"}
        tabIndex={0}
        data-testid="message-list"
      >
        <div className="list-top" data-testid="history-start" data-complete={chat.log.complete}>
          {chat.older === "loading" && <span className="spinner" role="status" aria-label={t("messages.loadingOlder")} />}
          {chat.older === "failed" && (
            <button className="button" type="button" onClick={() => void client.loadOlder(conversationId)}>
              <Icon name="retry" size={16} /> {t("messages.loadOlder")}
            </button>
          )}
        </div>
        <ol className="rows">
          {rows.map((row) => {
            switch (row.type) {
              case "day":
                return (
                  <li key={row.key} className="day">
                    <span>{words.day(row.at, now)}</span>
                  </li>
                );
              case "new":
                return (
                  <li key={row.key} className="new" data-new>
                    <span>{t("messages.new")}</span>
                  </li>
                );
              case "system":
                return (
                  <li key={row.key} className="system" data-testid="system-line">
                    {describe(row.entry, me, names, words)}
                  </li>
                );
              case "message":
                return <Message key={row.key} conversationId={conversationId} row={row} nameOf={names} isNamed={kind !== "direct"} />;
            }
          })}
        </ol>
      </div>
      {!scroll.isAtEnd && (
        <button className="jump" type="button" onClick={scroll.toEnd} aria-label={t("messages.jump")} data-testid="jump-latest">
          <Icon name="down" size={18} />
          {chat.unread > 0 && <span className="badge">{words.number(chat.unread)}</span>}
        </button>
      )}
    </div>
  );
});
