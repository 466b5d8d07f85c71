import { useCallback, useEffect, useState } from "react";

export interface Loaded<T> {
  /** Null until it is there. */
  readonly value: T | null;
  /** Why it is not; null if nothing went wrong. */
  readonly failure: unknown;
  /** Asks again. What is there stays meanwhile. */
  readonly reload: () => Promise<void>;
}

/** Something of the server that is asked for when it is shown. `load` must be the same function at each call, or one of `useCallback`. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const reload = useCallback(
    () =>
      load().then(
        (found) => {
          setValue(found);
          setFailure(null);
        },
        setFailure,
      ),
    [load],
  );
  useEffect(() => { void reload(); }, [reload]);
  return { value, failure, reload };
}
