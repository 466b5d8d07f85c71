import { Fragment, useCallback, useMemo } from "react";

import { ALL, finding, mentionParts } from "../core/mentions";
import { myId, type State } from "../core/state";
import type { Said } from "../core/types";
import { useSelected } from "./context";
import { Text } from "./Text";

const partOf = ({ session, users }: State) => ({ session, users });

/** The text of a message that mentions somebody: they stand in it by the names that they have now. */
export function MentioningText({ said: { text, mentions, mentionsAll = false } }: { readonly said: Said }) {
  const { session, users } = useSelected(partOf);
  const me = myId({ session });
  const find = useMemo(() => finding((mentions ?? []).flatMap((id) => users.get(id) ?? []), mentionsAll), [mentions, mentionsAll, users]);
  const plain = useCallback(
    (words: string) =>
      mentionParts(words, find).map((part, index) =>
        typeof part === "string" ? (
          <Fragment key={index}>{part}</Fragment>
        ) : (
          <span key={index} className="mention" data-testid="mention" data-me={part.who === ALL || part.who === me} {...(part.who === ALL ? {} : { "data-tip": part.typed })}>
            @<bdi>{part.who === ALL ? part.typed.slice(1) : (users.get(part.who)?.displayName ?? part.typed.slice(1))}</bdi>
          </span>
        ),
      ),
    [find, users, me],
  );
  return <Text text={text} plain={plain} />;
}
