import { lazy, Suspense, useState } from "react";

import { conversationRows } from "../core/select";
import type { ShortcutId } from "../core/shortcuts";
import { useClient } from "./context";
import { useShortcuts } from "./keyboard";
import { asideOf, go, pathOf } from "./route";

const ShortcutsDialog = lazy(() => import("./ShortcutsDialog"));

/** What the shortcuts do that work everywhere, and the sheet that tells of them. */
export function Shortcuts() {
  const client = useClient();
  const [isAsked, setAsked] = useState(false);

  const step = (by: number) => {
    const state = client.store.get();
    const ids = conversationRows(state).flatMap(({ chat }) => (chat.kept.mine.isArchived ? [] : [chat.conversation.conversationId]));
    const here = ids.findIndex((id) => id === state.opened?.conversationId);
    const next = ids[here < 0 ? (by > 0 ? 0 : ids.length - 1) : here + by];
    if (next !== undefined) {
      client.openConversation(next);
      go(pathOf(next));
    }
  };

  const act = (id: ShortcutId) => {
    switch (id) {
      case "shortcuts":
        setAsked(true);
        break;
      case "settings":
        go("/settings");
        break;
      case "newConversation":
        if (asideOf(location.pathname) !== null) {
          go(pathOf(client.store.get().opened?.conversationId ?? null));
        }
        location.hash = "#new";
        break;
      case "previousConversation":
        step(-1);
        break;
      case "nextConversation":
        step(1);
        break;
      default:
        // The others work in one place, and are asked for there.
        break;
    }
  };
  useShortcuts(act);

  return isAsked && (
    <Suspense>
      <ShortcutsDialog onClose={() => { setAsked(false); }} />
    </Suspense>
  );
}
