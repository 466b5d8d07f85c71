import { useCallback, useEffect, useState } from "react";

import type { Shared } from "../core/shared";
import type { ConversationId } from "../core/types";
import { useAppState, useClient } from "./context";
import { ConversationPane } from "./ConversationPane";
import { EmptyPane } from "./EmptyPane";
import { JoinDialog } from "./JoinDialog";
import { NewConversationDialog } from "./NewConversationDialog";
import { currentRoute, showRoute, takeInvite, takeSharing, takeStarting } from "./route";
import { ShareDialog } from "./ShareDialog";
import { Sidebar } from "./Sidebar";
import { StatusLine } from "./StatusLine";

/** Files that were shared with a conversation, until its composer has them. */
interface Handed {
  readonly conversationId: ConversationId;
  readonly files: readonly File[];
}

const NO_FILES: readonly File[] = [];

export function ChatPage() {
  const client = useClient();
  const state = useAppState();
  const [isStarting, setStarting] = useState(takeStarting);
  const [isSharing, setSharing] = useState(takeSharing);
  const [shared, setShared] = useState<Shared | null>(null);
  const [handed, setHanded] = useState<Handed | null>(null);
  const [invite, setInvite] = useState(takeInvite);
  const openedId = state.opened?.conversationId ?? null;
  const chat = openedId === null ? undefined : state.conversations.get(openedId);

  useEffect(() => {
    const follow = () => { client.openConversation(currentRoute()); };
    window.addEventListener("popstate", follow);
    return () => { window.removeEventListener("popstate", follow); };
  }, [client]);

  // A link that is opened in a page which is there already changes nothing but what stands behind the "#".
  useEffect(() => {
    const look = () => {
      setInvite((before) => takeInvite() ?? before);
      setStarting((before) => takeStarting() || before);
      setSharing((before) => takeSharing() || before);
    };
    window.addEventListener("hashchange", look);
    return () => { window.removeEventListener("hashchange", look); };
  }, []);

  useEffect(() => {
    if (isSharing) {
      void client.takeShared().then((found) => {
        setSharing(false);
        setShared((before) => found ?? before);
      });
    }
  }, [client, isSharing]);

  // Also when the conversation closed by itself: the user was removed, or left it on another device.
  useEffect(() => { showRoute(openedId); }, [openedId]);

  const open = useCallback((conversationId: ConversationId | null) => { client.openConversation(conversationId); }, [client]);

  return (
    <div className="chat" data-open={openedId !== null}>
      <StatusLine connection={state.connection} />
      <Sidebar state={state} onOpen={open} onNew={() => { setStarting(true); }} />
      <main className="pane">
        {chat !== undefined ? (
          <ConversationPane
            key={chat.conversation.conversationId}
            state={state}
            chat={chat}
            handed={handed?.conversationId === chat.conversation.conversationId ? handed.files : NO_FILES}
            onHanded={() => { setHanded(null); }}
            onClose={() => { open(null); }}
          />
        ) : (
          <EmptyPane state={state} onNew={() => { setStarting(true); }} onClose={() => { open(null); }} />
        )}
      </main>
      {shared !== null && (
        <ShareDialog
          state={state}
          shared={shared}
          onClose={() => { setShared(null); }}
          onChosen={(conversationId) => {
            const before = state.drafts.get(conversationId) ?? "";
            client.draft(conversationId, [before, shared.text].filter((text) => text !== "").join("\n"));
            setHanded({ conversationId, files: shared.files });
            setShared(null);
            open(conversationId);
          }}
        />
      )}
      {invite !== null && (
        <JoinDialog
          code={invite}
          onClose={() => { setInvite(null); }}
          onJoined={(conversationId) => {
            setInvite(null);
            open(conversationId);
          }}
        />
      )}
      {isStarting && (
        <NewConversationDialog
          onClose={() => { setStarting(false); }}
          onCreated={(conversationId) => {
            setStarting(false);
            open(conversationId);
          }}
        />
      )}
    </div>
  );
}
