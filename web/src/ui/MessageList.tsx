import { memo, useCallback } from "react";

import { nameOf } from "../core/select";
import type { ConversationState, State } from "../core/state";
import type { Row } from "../core/timeline";
import type { UserId } from "../core/types";
import { dayName, describe } from "../core/wording";
import { useClient, useNow } from "./context";
import { Icon } from "./Icon";
import { Message } from "./Message";
import { useScroll } from "./scroll";

interface MessageListProps {
  readonly rows: readonly Row[];
  readonly chat: ConversationState;
  readonly users: State["users"];
  readonly me: UserId | null;
}

export const MessageList = memo(function MessageList({ rows, chat, users, me }: MessageListProps) {
  const client = useClient();
  const now = useNow(60_000);
  const scroll = useScroll(rows, chat);
  const { conversationId, kind } = chat.conversation;
  const names = useCallback((userId: UserId) => nameOf({ users }, userId), [users]);

  return (
    <div className="list-frame">
      <div
        className="list"
        ref={scroll.list}
        onScroll={scroll.onScroll}
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label="Messages"
        aria-busy={chat.older === "loading"}
        tabIndex={0}
        data-testid="message-list"
      >
        <div className="list-top" data-testid="history-start" data-complete={chat.log.complete}>
          {chat.older === "loading" && <span className="spinner" role="status" aria-label="Loading older messages" />}
          {chat.older === "failed" && (
            <button className="button" type="button" onClick={() => void client.loadOlder(conversationId)}>
              <Icon name="retry" size={16} /> Load older messages
            </button>
          )}
        </div>
        <ol className="rows">
          {rows.map((row) => {
            switch (row.type) {
              case "day":
                return (
                  <li key={row.key} className="day">
                    <span>{dayName(row.at, now)}</span>
                  </li>
                );
              case "new":
                return (
                  <li key={row.key} className="new" data-new>
                    <span>New</span>
                  </li>
                );
              case "system":
                return (
                  <li key={row.key} className="system" data-testid="system-line">
                    {describe(row.entry, me, names)}
                  </li>
                );
              case "message":
                return <Message key={row.key} conversationId={conversationId} row={row} nameOf={names} isNamed={kind !== "direct"} />;
            }
          })}
        </ol>
      </div>
      {!scroll.isAtEnd && (
        <button className="jump" type="button" onClick={scroll.toEnd} aria-label="Jump to the newest message" data-testid="jump-latest">
          <Icon name="down" size={18} />
          {chat.unread > 0 && <span className="badge">{chat.unread}</span>}
        </button>
      )}
    </div>
  );
});
