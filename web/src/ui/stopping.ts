/** Stops what is done one after the other. */

import { useCallback, useEffect, useRef } from "react";

interface Stopping {
  /** Begins something, and ends what was begun before. The signal is aborted when it is to stop: it is looked at before each step. */
  readonly begin: () => AbortSignal;
  readonly stop: () => void;
}

/** It stops at the latest when the component is gone. */
export function useStopping(): Stopping {
  const running = useRef<AbortController | null>(null);
  const stop = useCallback(() => { running.current?.abort(); }, []);
  useEffect(() => stop, [stop]);
  const begin = useCallback(() => {
    stop();
    running.current = new AbortController();
    return running.current.signal;
  }, [stop]);
  return { begin, stop };
}
