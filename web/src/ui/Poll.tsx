import type { Shown } from "../core/fold";
import type { Change, Poll as Question } from "../core/types";
import { pollText } from "../core/wording";
import type { AsyncAction } from "./action";
import { useNow } from "./context";
import { useWords } from "./words";

interface PollProps {
  readonly poll: Question;
  readonly shown: Shown;
  readonly isOwn: boolean;
  readonly action: AsyncAction;
  /** Null while the poll has no place in the log: then nobody can vote yet. */
  readonly onChange: ((change: Change) => void) | null;
}

/** The answers that one can vote for, with how many do. What is chosen says so at once: a vote is one press, and so is taking it back. */
export function Poll({ poll, shown, isOwn, action, onChange }: PollProps) {
  const words = useWords();
  const { t } = words;
  const now = useNow(10_000);
  const isOver = shown.isClosed || (poll.closesAt !== null && poll.closesAt <= now);
  const canVote = onChange !== null && !isOver && !action.isBusy;
  const mine = shown.votes.filter(({ isMine }) => isMine).map(({ option }) => option);
  return (
    <div className="poll" data-testid="poll" data-closed={isOver}>
      <ul className="poll-options" aria-label={t(poll.isMultiple ? "messages.answersMany" : "messages.answers")}>
        {poll.options.map((text, option) => {
          const isMine = mine.includes(option);
          const count = shown.votes.find((votes) => votes.option === option)?.count ?? 0;
          const rest = poll.isMultiple ? mine.filter((other) => other !== option) : [];
          return (
            <li key={option}>
              <button
                className="poll-option"
                type="button"
                aria-pressed={isMine}
                disabled={!canVote}
                data-testid="poll-option"
                onClick={() => onChange?.({ type: "vote", options: isMine ? rest : [...rest, option] })}
              >
                <span className="poll-text" dir="auto">
                  {text}
                </span>
                <span className="poll-count" data-testid="poll-count">
                  {words.number(count)}
                </span>
                <progress className="poll-part" max={Math.max(1, shown.voterCount)} value={count} aria-hidden="true" />
              </button>
            </li>
          );
        })}
      </ul>
      <p className="poll-foot">
        <span data-testid="poll-foot">{pollText(poll, shown.voterCount, shown.isClosed, now, words)}</span>
        {isOwn && !isOver && onChange !== null && (
          <button className="button-link" type="button" disabled={action.isBusy} onClick={() => { onChange({ type: "closing" }); }}>
            {t("messages.pollClose")}
          </button>
        )}
      </p>
    </div>
  );
}
