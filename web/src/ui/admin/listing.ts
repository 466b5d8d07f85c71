import { useCallback, useEffect, useRef, useState } from "react";

import type { Listed } from "../../core/types";

export interface Listing<T> {
  /** Null until the first part is there. */
  readonly items: readonly T[] | null;
  readonly hasMore: boolean;
  readonly isBusy: boolean;
  /** Why a part could not be had; null if nothing went wrong. */
  readonly failure: unknown;
  readonly more: () => Promise<void>;
  /** Asks for the first part again. */
  readonly reload: () => Promise<void>;
}

/** A list of the server that comes in parts. `load` must be one of `useCallback`; with another one the list begins anew. */
export function useListing<T>(load: (pageToken: string) => Promise<Listed<T>>): Listing<T> {
  const [items, setItems] = useState<readonly T[] | null>(null);
  const [next, setNext] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  /** What comes of an earlier `load` is passed over. */
  const turn = useRef(0);

  const fetch = useCallback(
    async (pageToken: string) => {
      turn.current += 1;
      const mine = turn.current;
      setBusy(true);
      setFailure(null);
      try {
        const page = await load(pageToken);
        if (mine === turn.current) {
          setItems((before) => (pageToken === "" ? page.items : [...(before ?? []), ...page.items]));
          setNext(page.next);
        }
      } catch (reason) {
        if (mine === turn.current) {
          setFailure(reason);
        }
      } finally {
        if (mine === turn.current) {
          setBusy(false);
        }
      }
    },
    [load],
  );
  // eslint-disable-next-line react-hooks/set-state-in-effect -- what is shown comes from the server, and is asked for when it is shown
  useEffect(() => { void fetch(""); }, [fetch]);
  return { items, hasMore: next !== "", isBusy, failure, more: () => fetch(next), reload: () => fetch("") };
}
