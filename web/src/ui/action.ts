import { useState } from "react";

import { explain } from "../core/wording";

export interface AsyncAction {
  readonly isBusy: boolean;
  /** A sentence for the user; null if nothing went wrong. */
  readonly error: string | null;
  /** Runs `task`, one at a time, then `onDone` if it did what it should. */
  readonly run: (task: () => Promise<void>, onDone?: () => void) => Promise<void>;
  readonly clear: () => void;
}

/** Something that the user starts and that may fail. */
export function useAction(): AsyncAction {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  return {
    isBusy,
    error,
    clear: () => { setError(null); },
    run: async (task, onDone) => {
      if (isBusy) {
        return;
      }
      setBusy(true);
      setError(null);
      try {
        await task();
        onDone?.();
      } catch (failure) {
        setError(sentenceOf(failure));
      } finally {
        setBusy(false);
      }
    },
  };
}

/** What went wrong, for the user. */
export function sentenceOf(failure: unknown): string {
  const fallback = "Something went wrong. Try again.";
  if (!(failure instanceof Error)) {
    return fallback;
  }
  const reason = "reason" in failure && typeof failure.reason === "string" ? failure.reason : "";
  return explain(reason, failure.message || fallback);
}
