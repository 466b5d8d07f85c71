import { lazy, Suspense, useState } from "react";

import { neighbour } from "../core/folders";
import { conversationRows } from "../core/select";
import { useClient } from "./context";
import { useShortcuts } from "./keyboard";
import { usePanels } from "./panels";
import { asideOf, go, pathOf, usePath } from "./route";

const ShortcutsDialog = lazy(() => import("./ShortcutsDialog"));

/** What the shortcuts do that need no list of conversations (see list_keys.ts), and the sheet that tells of all. */
export function Shortcuts() {
  const client = useClient();
  const panels = usePanels();
  const [isAsked, setAsked] = useState(false);

  const isAside = asideOf(usePath()) !== null;

  // Where there is no list to go by.
  const leave = (by: 1 | -1) => {
    const state = client.store.get();
    const ids = conversationRows(state).flatMap(({ chat }) => (chat.kept.mine.isArchived ? [] : [chat.conversation.conversationId]));
    const next = neighbour(ids, state.opened?.conversationId ?? null, by);
    if (next !== null) {
      client.openConversation(next);
      go(pathOf(next));
    }
  };
  useShortcuts({
    ...(isAside ? { previousConversation: () => { leave(-1); }, nextConversation: () => { leave(1); } } : {}),
    shortcuts: () => { setAsked(true); },
    settings: () => { go("/settings"); },
    search: () => {
      const opened = client.store.get().opened?.conversationId ?? null;
      if (isAside) {
        go(pathOf(opened));
      }
      panels.open(opened, { kind: "search" });
    },
    newConversation: () => {
      if (isAside) {
        go(pathOf(client.store.get().opened?.conversationId ?? null));
      }
      location.hash = "#new";
    },
  });

  return isAsked && (
    <Suspense>
      <ShortcutsDialog onClose={() => { setAsked(false); }} />
    </Suspense>
  );
}
