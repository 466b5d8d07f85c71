import { memo } from "react";

import { firstLink } from "../core/markdown";
import type { MessageRow, MessageStatus } from "../core/timeline";
import type { MessageId, Reaction } from "../core/types";
import { clockTime, DELETED, explain } from "../core/wording";
import { Avatar } from "./Avatar";
import { useClient } from "./context";
import { Files } from "./Files";
import { Icon, type IconName } from "./Icon";
import { LinkCard } from "./LinkCard";
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
}

export const Message = memo(function Message({ row, senderName, isNamed }: MessageProps) {
  const status = row.status === null ? null : STATUS[row.status];
  const isShown = isNamed && !row.isOwn;
  const link = firstLink(row.text);
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
        {link !== null && <LinkCard url={link} />}
        <span className="bubble-meta">
          {row.isEdited && <span>edited</span>}
          <time dateTime={new Date(row.at).toISOString()}>{clockTime(row.at)}</time>
          {status !== null && (
            <span className="tick" role="img" aria-label={status.label} title={status.label}>
              <Icon name={status.icon} size={15} />
            </span>
          )}
        </span>
      </div>
      {row.reactions.length > 0 && <Reactions reactions={row.reactions} />}
      {row.status === "failed" && <Failure row={row} />}
    </li>
  );
});

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
