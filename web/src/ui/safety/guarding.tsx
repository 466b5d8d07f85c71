import { lazy, type ReactNode, Suspense, useCallback, useState } from "react";

import type { Reported, UserId } from "../../core/types";

const BlockDialog = lazy(async () => ({ default: (await import("./BlockDialog")).BlockDialog }));
const ReportDialog = lazy(async () => ({ default: (await import("./ReportDialog")).ReportDialog }));

/** What is asked before it is done. */
export type Guard =
  | { readonly type: "block"; readonly userId: UserId }
  /** `author` is who may be blocked in the same step; null if it is nobody. */
  | { readonly type: "report"; readonly what: Reported; readonly author: UserId | null };

/** To block somebody, or to report something, from wherever that is offered. */
export function useGuarding(): { readonly ask: (guard: Guard) => void; readonly asking: ReactNode } {
  const [asked, setAsked] = useState<Guard | null>(null);
  const close = useCallback(() => { setAsked(null); }, []);
  const asking = asked !== null && (
    <Suspense>
      {asked.type === "block" ? <BlockDialog userId={asked.userId} onClose={close} /> : <ReportDialog what={asked.what} author={asked.author} onClose={close} />}
    </Suspense>
  );
  return { ask: setAsked, asking };
}
