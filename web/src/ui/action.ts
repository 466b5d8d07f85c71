import { useState } from "react";

import { explain } from "../core/wording";
import type { Words } from "../core/words";
import { useWords } from "./words";

export interface AsyncAction {
  readonly isBusy: boolean;
  /** A sentence for the user; null if nothing went wrong. */
  readonly error: string | null;
  /** What the server calls what went wrong; empty if nothing did, or nobody knows. */
  readonly reason: string;
  /** Runs `task`, one at a time, then `onDone` if it did what it should. */
  readonly run: (task: () => Promise<void>, onDone?: () => void) => Promise<void>;
  readonly clear: () => void;
}

/** Something that the user starts and that may fail. */
export function useAction(): AsyncAction {
  const words = useWords();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  return {
    isBusy,
    error: failure === null ? null : sentenceOf(failure, words),
    reason: reasonOf(failure),
    clear: () => { setFailure(null); },
    run: async (task, onDone) => {
      if (isBusy) {
        return;
      }
      setBusy(true);
      setFailure(null);
      try {
        await task();
        onDone?.();
      } catch (reason) {
        setFailure(reason);
      } finally {
        setBusy(false);
      }
    },
  };
}

/** What went wrong, for the user. */
export function sentenceOf(failure: unknown, words: Words): string {
  const fallback = words.t("errors.unexpected");
  if (!(failure instanceof Error)) {
    return fallback;
  }
  return explain(reasonOf(failure), failure.message || fallback, words);
}

/** What the server calls what went wrong; empty if nobody knows. */
export function reasonOf(failure: unknown): string {
  return failure instanceof Error && "reason" in failure && typeof failure.reason === "string" ? failure.reason : "";
}
