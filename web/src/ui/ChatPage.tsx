import { lazy, Suspense, useCallback, useEffect, useState } from "react";

import type { Shared } from "../core/shared";
import type { State } from "../core/state";
import type { ConversationId } from "../core/types";
import { useClient, useSelected } from "./context";
import { ConversationPane } from "./ConversationPane";
import { EmptyPane } from "./EmptyPane";
import { Toasts } from "./parts/Toasts";
import { useToast } from "./parts/toasts";
import { Tooltips } from "./parts/Tooltip";
import { usePanelOf, usePanels } from "./panels";
import { currentRoute, showRoute, takeInvite, takeMessage, takeSharing, takeStarting } from "./route";
import { useReveal } from "./reveal";
import { Side } from "./Side";
import { Sidebar } from "./Sidebar";
import { StatusLine } from "./StatusLine";
import { useText } from "./words";

const NewConversationDialog = lazy(async () => ({ default: (await import("./NewConversationDialog")).NewConversationDialog }));

const JoinDialog = lazy(async () => ({ default: (await import("./JoinDialog")).JoinDialog }));
const ShareDialog = lazy(async () => ({ default: (await import("./ShareDialog")).ShareDialog }));

/** Files that were shared with a conversation, until its composer has them. */
interface Handed {
  readonly conversationId: ConversationId;
  readonly files: readonly File[];
}

const NO_FILES: readonly File[] = [];

function openedOf({ opened, conversations }: State) {
  const openedId = opened?.conversationId ?? null;
  return { openedId, isKnown: openedId !== null && conversations.has(openedId) };
}

export function ChatPage() {
  const client = useClient();
  const { openedId, isKnown } = useSelected(openedOf);
  const panels = usePanels();
  const panel = usePanelOf(openedId);
  const [isStarting, setStarting] = useState(takeStarting);
  const [isSharing, setSharing] = useState(takeSharing);
  const [shared, setShared] = useState<Shared | null>(null);
  const [handed, setHanded] = useState<Handed | null>(null);
  const [linked, setLinked] = useState(takeMessage);
  const [invite, setInvite] = useState(takeInvite);

  useEffect(() => {
    const follow = () => {
      panels.follow();
      if (client.store.get().opened?.conversationId !== currentRoute()) {
        client.openConversation(currentRoute());
      }
    };
    window.addEventListener("popstate", follow);
    return () => { window.removeEventListener("popstate", follow); };
  }, [client, panels]);

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

  const reveal = useReveal();
  const toast = useToast();
  const t = useText();
  useEffect(() => {
    if (linked !== null && openedId !== null && isKnown) {
      void reveal(openedId, linked).then((isThere) => {
        setLinked(null);
        if (!isThere) {
          toast(t("messages.linkLost"));
        }
      });
    }
  }, [linked, openedId, isKnown, reveal, toast, t]);

  // Also when the conversation closed by itself: the user was removed, or left it on another device.
  useEffect(() => {
    showRoute(openedId);
    panels.follow();
  }, [openedId, panels]);

  const open = useCallback((conversationId: ConversationId | null) => { client.openConversation(conversationId); }, [client]);

  const close = useCallback(() => { open(null); }, [open]);
  const start = useCallback(() => { setStarting(true); }, []);
  const forget = useCallback(() => { setHanded(null); }, []);

  return (
    <div className="chat" data-open={openedId !== null} data-panel={panel !== null}>
      <StatusLine />
      <Sidebar onOpen={open} onNew={start} />
      <main className="pane">
        {openedId !== null && isKnown ? (
          <ConversationPane
            key={openedId}
            conversationId={openedId}
            handed={handed?.conversationId === openedId ? handed.files : NO_FILES}
            onHanded={forget}
            onClose={close}
          />
        ) : (
          <EmptyPane onNew={start} onClose={close} />
        )}
      </main>
      {panel !== null && <Side shown={panel} />}
      <Toasts />
      <Tooltips />
      <Suspense>
        {shared !== null && (
          <ShareDialog
            shared={shared}
            onClose={() => { setShared(null); }}
            onChosen={(conversationId) => {
              client.addToDraft(conversationId, shared.text);
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
      </Suspense>
    </div>
  );
}
