/** Opens the pictures and films of messages, above everything else. */

import { createContext, lazy, type ReactNode, Suspense, use, useState } from "react";

import type { Medium } from "../core/media";
import type { ConversationId } from "../core/types";

const Viewer = lazy(async () => ({ default: (await import("./Viewer")).Viewer }));

interface Viewed {
  readonly conversationId: ConversationId;
  readonly medium: Medium;
}

const ViewerContext = createContext<(viewed: Viewed) => void>(() => undefined);

export function ViewerProvider({ children }: { readonly children: ReactNode }) {
  const [viewed, setViewed] = useState<Viewed | null>(null);
  return (
    <ViewerContext value={setViewed}>
      {children}
      {viewed !== null && <Suspense><Viewer {...viewed} onClose={() => { setViewed(null); }} /></Suspense>}
    </ViewerContext>
  );
}

export function useViewer(): (viewed: Viewed) => void {
  return use(ViewerContext);
}
