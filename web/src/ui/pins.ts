import { useEffect, useState } from "react";

import { pinsAsOf } from "../core/pins";
import type { ConversationState } from "../core/state";
import type { Entry } from "../core/types";
import { useClient } from "./context";

export interface PinsOf {
  /** The newest first; null until they are known. */
  readonly pins: readonly Entry[] | null;
  readonly failure: unknown;
}

/** What is pinned in a conversation. It is asked for again when somebody has changed it. */
export function usePins({ conversation: { conversationId }, log: { entries } }: ConversationState): PinsOf {
  const client = useClient();
  const asOf = pinsAsOf(entries);
  const [found, setFound] = useState<PinsOf>({ pins: null, failure: null });
  useEffect(() => {
    let isWanted = true;
    client.messages.listPins(conversationId).then(
      (pins) => {
        if (isWanted) {
          setFound({ pins: pins.toReversed(), failure: null });
        }
      },
      (failure: unknown) => {
        if (isWanted) {
          setFound(({ pins }) => ({ pins, failure }));
        }
      },
    );
    return () => { isWanted = false; };
  }, [client, conversationId, asOf]);
  return found;
}
