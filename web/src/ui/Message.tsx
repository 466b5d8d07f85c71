import { memo, useState } from "react";

import type { MessageRow, MessageStatus } from "../core/timeline";
import type { ConversationId, MessageId, Reaction } from "../core/types";
import { clockTime, DELETED, explain } from "../core/wording";
import { sentenceOf } from "./action";
import { Avatar } from "./Avatar";
import { useClient } from "./context";
import { Files } from "./Files";
import { Icon, type IconName } from "./Icon";
import { Menu, MenuItem } from "./Menu";
import { Text } from "./Text";

const STATUS: Readonly<Record<MessageStatus, { readonly icon: IconName; readonly label: string }>> = {
  sending: { icon: "clock", label: "Sending" },
  failed: { icon: "alert", label: "Not sent" },
  sent: { icon: "check", label: "Sent" },
  delivered: { icon: "checks", label: "Delivered" },
  seen: { icon: "checks", label: "Seen" },
};

interface MessageProps {
  readonly row: MessageRow;
  readonly senderName: string;
  /** Whether the sender's name and face are shown: not in a direct conversation, where they can be but one. */
  readonly isNamed: boolean;
  readonly conversationId: ConversationId;
}

export const Message = memo(function Message({ row, senderName, isNamed, conversationId }: MessageProps) {
  const status = row.status === null ? null : STATUS[row.status];
  const isShown = isNamed && !row.isOwn;
  return (
    <li
      className="message"
      data-testid="message"
      data-own={row.isOwn}
      data-status={row.status ?? "received"}
      data-starts={row.startsGroup}
      data-ends={row.endsGroup}
      data-named={isShown}
    >
      {isShown && row.endsGroup && <Avatar id={row.senderId} name={senderName} size="small" />}
      <div className="bubble">
        <span className="visually-hidden">{row.isOwn ? "You" : senderName}:</span>
        {isShown && row.startsGroup && (
          <span className="bubble-sender" aria-hidden="true">
            {senderName}
          </span>
        )}
        {row.files !== undefined && <Files files={row.files} />}
        {row.isDeleted && <span className="bubble-text bubble-gone">{DELETED}</span>}
        {row.text !== "" && <Text text={row.text} />}
        <span className="bubble-meta">
          {row.isEdited && <span>edited</span>}
          <time dateTime={new Date(row.at).toISOString()}>{clockTime(row.at)}</time>
          {status !== null && (
            <span className="tick" role="img" aria-label={status.label} title={status.label}>
              <Icon name={status.icon} size={15} />
            </span>
          )}
        </span>
        {row.seq !== null && <MessageMenu conversationId={conversationId} seq={row.seq} isDeleted={row.isDeleted} />}
      </div>
      {row.reactions.length > 0 && <Reactions reactions={row.reactions} />}
      {row.status === "failed" && <Failure row={row} />}
    </li>
  );
});

function MessageMenu({ conversationId, seq, isDeleted }: { readonly conversationId: ConversationId; readonly seq: number; readonly isDeleted: boolean }) {
  const client = useClient();
  const [error, setError] = useState<string | null>(null);
  const tried = (done: Promise<void>) => {
    done.then(() => { setError(null); }, (failure: unknown) => { setError(sentenceOf(failure)); });
  };
  return (
    <>
      <Menu label="What to do with this message" testId="message-menu">
        {!isDeleted && <MenuItem onChoose={() => { tried(client.star(conversationId, seq, true)); }}>Star</MenuItem>}
        <MenuItem onChoose={() => { tried(client.hide(conversationId, seq)); }}>Delete for me</MenuItem>
      </Menu>
      {error !== null && <p className="failure" role="alert">{error}</p>}
    </>
  );
}

function Reactions({ reactions }: { readonly reactions: readonly Reaction[] }) {
  return (
    <ul className="reactions" aria-label="Reactions">
      {reactions.map(({ emoji, count, isMine }) => (
        <li key={emoji} className="reaction" data-testid="reaction" data-mine={isMine}>
          {emoji} {count}
        </li>
      ))}
    </ul>
  );
}

function Failure({ row }: { readonly row: MessageRow }) {
  const client = useClient();
  const messageId = row.key as MessageId;
  return (
    <p className="failure" role="alert">
      <span>{explain(row.failure ?? "", "It could not be sent.")}</span>
      <button className="button-link" type="button" onClick={() => { client.retry(messageId); }}>
        Try again
      </button>
      <button className="button-link" type="button" onClick={() => { client.discard(messageId); }}>
        Discard
      </button>
    </p>
  );
}
