/** Says how long one has to wait in slow mode before one can write again. */

import { type ReactNode, useCallback, useEffect, useState } from "react";

import { type ConversationState, myId, type State } from "../core/state";
import { waitsUntil } from "../core/writing";
import { useSelected } from "./context";
import { Icon } from "./Icon";
import { useWords } from "./words";

const partOf = ({ session, outbox }: State) => ({ session, outbox });

/** Null if nobody has to wait. */
export function useSlowMode(chat: ConversationState): ReactNode {
  const words = useWords();
  const { session, outbox } = useSelected(partOf);
  const until = waitsUntil(chat, outbox, myId({ session }));
  const seconds = useSecondsUntil(until);
  if (seconds === 0) {
    return null;
  }
  const time = words.duration(chat.conversation.slowModeS);
  return (
    <p className="composer-slow" data-testid="slow-mode">
      <Icon name="clock" size={16} />
      <span>{words.t("writing.slow", { time })}</span>
      {/* It would be read out every second. */}
      <span className="composer-countdown" aria-hidden="true">{words.length(seconds * 1_000)}</span>
    </p>
  );
}

function useSecondsUntil(until: number): number {
  const left = useCallback(() => Math.max(0, Math.ceil((until - Date.now()) / 1_000)), [until]);
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    const note = () => { setSeconds(left()); };
    note();
    const timer = left() === 0 ? undefined : setInterval(note, 1_000);
    return () => { clearInterval(timer); };
  }, [left]);
  return seconds;
}
