import type { ReactNode } from "react";

import { nameOf } from "../core/select";
import { myId, type State } from "../core/state";
import type { Entry } from "../core/types";
import { describe } from "../core/wording";
import { useNow, useSelected } from "./context";
import { Avatar } from "./parts/Avatar";
import { useWords } from "./words";

const partOf = ({ session, users }: State) => ({ session, users });

interface MessageLinkProps {
  readonly entry: Entry;
  /** Where it is from, if that is to be said. */
  readonly from?: string;
  /** What it says, if that is to be shown in another way. */
  readonly said?: ReactNode;
  readonly onFollow: () => void;
  /** What else can be done with it. */
  readonly children?: ReactNode;
}

/** A message among others of a list, in a few lines; pressing it leads to where it was said. */
export function MessageLink({ entry, from, said, onFollow, children }: MessageLinkProps) {
  const words = useWords();
  const now = useNow(60_000);
  const state = useSelected(partOf);
  const name = nameOf(state, entry.senderId, words);
  return (
    <li className="message-link" data-testid="message-link">
      <button className="message-link-body" type="button" onClick={onFollow}>
        <Avatar id={entry.senderId} name={name} size="small" />
        <span className="message-link-head">
          <span className="message-link-name" dir="auto">{name}</span>
          <time dateTime={new Date(entry.acceptedAt).toISOString()}>{words.shortTime(entry.acceptedAt, now)}</time>
        </span>
        {from !== undefined && <span className="message-link-from" dir="auto">{from}</span>}
        <span className="message-link-text" dir="auto">{said ?? describe(entry, myId(state), (userId) => nameOf(state, userId, words), words)}</span>
      </button>
      {children}
    </li>
  );
}
