import { lazy, memo, Suspense, useRef } from "react";

import { firstLink } from "../core/markdown";
import type { TextId } from "../core/texts";
import type { MessageRow, MessageStatus, Quote as Answered } from "../core/timeline";
import type { Change, ConversationId, MessageId, Reaction, UserId } from "../core/types";
import { explain, quoted } from "../core/wording";
import type { Powers } from "../core/actions";
import type { Act } from "./acting";
import { useAction } from "./action";
import { useClient } from "./context";
import { Files } from "./Files";
import { Icon, type IconName } from "./Icon";
import { LinkCard } from "./LinkCard";
import { Avatar } from "./parts/Avatar";
import { MessageTools } from "./MessageMenu";
import { Poll } from "./Poll";
import { useReveal } from "./reveal";
import { Text } from "./Text";
import { useText, useWords } from "./words";

const MentioningText = lazy(async () => ({ default: (await import("./MentioningText")).MentioningText }));

const STATUS: Readonly<Record<MessageStatus, { readonly icon: IconName; readonly label: TextId }>> = {
  sending: { icon: "clock", label: "messages.sending" },
  failed: { icon: "alert", label: "messages.failed" },
  sent: { icon: "check", label: "messages.sent" },
  delivered: { icon: "checks", label: "messages.delivered" },
  seen: { icon: "checks", label: "messages.seen" },
};

interface MessageProps {
  readonly conversationId: ConversationId;
  readonly row: MessageRow;
  readonly nameOf: (userId: UserId) => string;
  readonly powers: Powers;
  readonly onAct: Act;
  /** Whether the sender's name and face are shown: not in a direct conversation, where they can be but one. */
  readonly isNamed: boolean;
  /** Whether it is pointed out for a moment. */
  readonly isHighlighted?: boolean;
  /** Whether it is among those that are chosen; null while nobody chooses. */
  readonly isChosen?: boolean | null;
}

export const Message = memo(function Message({ conversationId, row, nameOf, powers, onAct, isNamed, isHighlighted = false, isChosen = null }: MessageProps) {
  const client = useClient();
  const t = useText();
  const action = useAction();
  const whole = useRef<HTMLDivElement>(null);
  const { shown, seq } = row;
  const isShown = isNamed && !row.isOwn;
  const senderName = nameOf(row.senderId);
  const link = firstLink(shown.text);
  const change = seq === null ? null : (what: Change) => void action.run(() => client.messages.change(conversationId, seq, what));
  return (
    <div
      className="message"
      ref={whole}
      tabIndex={-1}
      data-key={row.key}
      data-highlighted={isHighlighted}
      data-testid="message"
      data-own={row.isOwn}
      data-status={row.status ?? (row.isGrowing ? "growing" : "received")}
      data-starts={row.startsGroup}
      data-ends={row.endsGroup}
      data-named={isShown}
      {...(isChosen === null ? {} : { "data-chosen": isChosen })}
    >
      {isChosen !== null && seq !== null && <Choice row={row} isChosen={isChosen} name={senderName} />}
      {isShown && row.endsGroup && <Avatar id={row.senderId} name={senderName} size="small" />}
      <div className="bubble" aria-busy={row.isGrowing} inert={isChosen !== null}>
        <span className="visually-hidden">{row.isOwn ? t("messages.spokeMe") : t("messages.spoke", { name: senderName })}</span>
        {isShown && row.startsGroup && (
          <span className="bubble-sender" aria-hidden="true" dir="auto">
            {senderName}
          </span>
        )}
        {shown.forwarded !== undefined && (
          <span className="bubble-note" data-testid="forwarded">
            {t("messages.forwarded", { name: nameOf(shown.forwarded.senderId) })}
          </span>
        )}
        {row.quote !== null && <Quote conversationId={conversationId} quote={row.quote} nameOf={nameOf} />}
        {shown.files !== undefined && <Files files={shown.files} conversationId={conversationId} senderId={row.senderId} at={row.at} />}
        {shown.isDeleted && <span className="bubble-gone">{t("messages.deleted")}</span>}
        {shown.text !== "" && (shown.mentions === undefined && shown.mentionsAll !== true ? <Text text={shown.text} /> : <Suspense fallback={<Text text={shown.text} />}><MentioningText said={shown} /></Suspense>)}
        {link !== null && <LinkCard url={link} />}
        {shown.poll !== undefined && <Poll poll={shown.poll} shown={shown} isOwn={row.isOwn} action={action} onChange={change} />}
        <Meta row={row} onAct={onAct} />
        {seq !== null && (
          <MessageTools row={row} powers={powers} area={whole} onAct={onAct} onReact={(emoji, isRemoved) => { change?.({ type: "reaction", emoji, isRemoved }); }} />
        )}
      </div>
      {shown.reactions.length > 0 && <Reactions reactions={shown.reactions} nameOf={nameOf} isBusy={action.isBusy} isInert={isChosen !== null} onChange={change} />}
      {shown.replyCount > 0 && powers.thread && (
        <button className="replies" type="button" inert={isChosen !== null} data-testid="replies" onClick={() => { onAct("thread", row); }}>
          {t("messages.replies", { count: shown.replyCount })}
        </button>
      )}
      {action.error !== null && (
        <p className="failure" role="alert">
          {action.error}
        </p>
      )}
      {row.status === "failed" && <Failure row={row} />}
    </div>
  );
});

/** Lies over the whole message. The list hears of what is chosen. */
function Choice({ row, isChosen, name }: { readonly row: MessageRow; readonly isChosen: boolean; readonly name: string }) {
  const words = useWords();
  const { t } = words;
  const text = row.shown.isDeleted ? t("messages.deleted") : quoted(row.shown, words);
  const label = row.isOwn ? t("messages.chooseMine", { text }) : t("messages.choose", { name, text });
  return (
    <>
      <input className="message-choice" type="checkbox" tabIndex={-1} checked={isChosen} aria-label={label} onChange={ignore} data-testid="message-choice" />
      <span className="message-tick" aria-hidden="true">{isChosen && <Icon name="check" size={16} />}</span>
    </>
  );
}

/** An input that shows what is chosen elsewhere says by this that it may be changed. */
const ignore = () => undefined;

function Meta({ row, onAct }: { readonly row: MessageRow; readonly onAct: Act }) {
  const { shown, at, status, isGrowing } = row;
  const words = useWords();
  const { t } = words;
  const tick = status === null ? null : STATUS[status];
  return (
    <span className="bubble-meta">
      {shown.isPinned && (
        <span className="tick" role="img" aria-label={t("messages.pinned")} title={t("messages.pinned")} data-testid="pinned">
          <Icon name="pin" size={14} />
        </span>
      )}
      {shown.isEdited && (
        <button className="bubble-edited" type="button" data-tip={t("messages.editedTip")} aria-label={t("messages.editedTip")} onClick={() => { onAct("info", row); }}>
          {t("messages.edited")}
        </button>
      )}
      {isGrowing ? <span>{t("messages.writing")}</span> : <time dateTime={new Date(at).toISOString()}>{words.clock(at)}</time>}
      {tick !== null && (
        <span className="tick" role="img" aria-label={t(tick.label)} title={t(tick.label)}>
          <Icon name={tick.icon} size={15} />
        </span>
      )}
    </span>
  );
}

interface QuoteProps {
  readonly conversationId: ConversationId;
  readonly quote: Answered;
  readonly nameOf: (userId: UserId) => string;
}

/** What a message answers, in a line; pressing it leads there. */
function Quote({ conversationId, quote: { seq, of, isThread }, nameOf }: QuoteProps) {
  const words = useWords();
  const { t } = words;
  const reveal = useReveal();
  return (
    <button className="quote" type="button" data-testid="quote" onClick={() => void reveal(conversationId, seq)}>
      <span className="quote-sender">{of === null ? t(isThread ? "messages.earlierThread" : "messages.earlier") : t(isThread ? "messages.thread" : "messages.to", { name: nameOf(of.senderId) })}</span>
      {of !== null && (
        <span className="quote-text" dir="auto">
          {of.isDeleted ? t("messages.deleted") : quoted(of.said, words)}
        </span>
      )}
    </button>
  );
}

interface ReactionsProps {
  readonly reactions: readonly Reaction[];
  readonly nameOf: (userId: UserId) => string;
  readonly isBusy: boolean;
  readonly isInert: boolean;
  readonly onChange: ((change: Change) => void) | null;
}

/** Pressing one joins those who react so, or leaves them. */
function Reactions({ reactions, nameOf, isBusy, isInert, onChange }: ReactionsProps) {
  const words = useWords();
  return (
    <ul className="reactions" inert={isInert} aria-label={words.t("messages.reactions")}>
      {reactions.map(({ emoji, count, isMine, userIds }) => {
        const names = userIds.map(nameOf);
        const who = names.length === 0 ? words.t("messages.reactedCount", { emoji, count }) : words.t("messages.reacted", { emoji, names, more: count - names.length });
        return (
          <li key={emoji}>
            <button
              className="reaction"
              type="button"
              aria-pressed={isMine}
              aria-label={`${emoji} ${words.number(count)}: ${who}`}
              data-tip={who}
              disabled={isBusy}
              data-testid="reaction"
              data-mine={isMine}
              onClick={() => onChange?.({ type: "reaction", emoji, isRemoved: isMine })}
            >
              {emoji} {words.number(count)}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Failure({ row }: { readonly row: MessageRow }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const messageId = row.key as MessageId;
  return (
    <p className="failure" role="alert">
      <span>{explain(row.failure ?? "", t("errors.notSent"), words)}</span>
      <button className="button-link" type="button" onClick={() => { client.retry(messageId); }}>
        {t("messages.retry")}
      </button>
      <button className="button-link" type="button" onClick={() => { client.discard(messageId); }}>
        {t("messages.discard")}
      </button>
    </p>
  );
}
