import { lazy, type MouseEvent, Suspense, useCallback, useEffect, useState } from "react";

import type { Shared } from "../core/shared";
import type { State } from "../core/state";
import type { ConversationId } from "../core/types";
import { useClient, useSelected } from "./context";
import { ConversationPane } from "./ConversationPane";
import { Toasts } from "./parts/Toasts";
import { useToast } from "./parts/toasts";
import { usePanelOf, usePanels } from "./panels";
import { asideOf, currentRoute, showRoute, takeInvite, takeMessage, takePerson, takeReturn, takeSharing, takeStarting } from "./route";
import { useReveal } from "./reveal";
import { Side } from "./Side";
import { Sidebar } from "./Sidebar";
import { StatusLine } from "./StatusLine";
import { ViewerProvider } from "./viewing";
import { useText } from "./words";

const EmptyPane = lazy(async () => ({ default: (await import("./EmptyPane")).EmptyPane }));
const Tooltips = lazy(async () => ({ default: (await import("./parts/Tooltip")).Tooltips }));
const JoinDialog = lazy(async () => ({ default: (await import("./JoinDialog")).JoinDialog }));
const ShareDialog = lazy(async () => ({ default: (await import("./ShareDialog")).ShareDialog }));
const NewConversationDialog = lazy(async () => ({ default: (await import("./NewConversationDialog")).NewConversationDialog }));
const DirectoryDialog = lazy(async () => ({ default: (await import("./DirectoryDialog")).DirectoryDialog }));

/** A conversation that is about to be: with whom, if that is known. */
interface Starting {
  readonly username: string;
}

function takeStart(): Starting | null {
  const username = takePerson();
  return username !== null || takeStarting() ? { username: username ?? "" } : null;
}

/** Files that were shared with a conversation, until its composer has them. */
interface Handed {
  readonly conversationId: ConversationId;
  readonly files: readonly File[];
}

/** The address stays as it is: it names the conversation. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("conversation")?.focus();
}

const NO_FILES: readonly File[] = [];

function openedOf({ opened, conversations }: State) {
  const openedId = opened?.conversationId ?? null;
  return { openedId, isKnown: openedId !== null && conversations.has(openedId) };
}

export function ChatPage() {
  const client = useClient();
  const t = useText();
  const { openedId, isKnown } = useSelected(openedOf);
  const [starting, setStarting] = useState(takeStart);
  const [isDiscovering, setDiscovering] = useState(false);
  const panels = usePanels();
  const panel = usePanelOf(openedId);
  const [isSharing, setSharing] = useState(takeSharing);
  const [shared, setShared] = useState<Shared | null>(null);
  const [handed, setHanded] = useState<Handed | null>(null);
  const [linked, setLinked] = useState(takeMessage);
  const [invite, setInvite] = useState(takeInvite);

  // Who has come in by another tab meanwhile needs no more what a provider has said of them.
  useEffect(() => { takeReturn("/"); }, []);

  useEffect(() => {
    const follow = () => {
      if (asideOf(location.pathname) !== null) {
        return;
      }
      panels.follow();
      if (client.store.get().opened?.conversationId !== currentRoute()) {
        client.openConversation(currentRoute());
      }
    };
    // "Back" may have led here from a page beside the conversations.
    follow();
    window.addEventListener("popstate", follow);
    return () => { window.removeEventListener("popstate", follow); };
  }, [client, panels]);

  // A link that is opened in a page which is there already changes nothing but what stands behind the "#".
  useEffect(() => {
    const look = () => {
      setInvite((before) => takeInvite() ?? before);
      setStarting((before) => takeStart() ?? before);
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
    showRoute(openedId, panels.carried());
    panels.follow();
  }, [openedId, panels]);

  const open = useCallback((conversationId: ConversationId | null) => { client.openConversation(conversationId); }, [client]);

  const close = useCallback(() => { open(null); }, [open]);
  const start = useCallback(() => { setStarting({ username: "" }); }, []);
  const discover = useCallback(() => { setDiscovering(true); }, []);
  const forget = useCallback(() => { setHanded(null); }, []);

  return (
    <ViewerProvider>
      <div className="chat" data-open={openedId !== null} data-panel={panel !== null}>
        <a className="skip" href="#conversation" onClick={skip}>{t("conversations.skip")}</a>
        <StatusLine />
        <Sidebar onOpen={open} onNew={start} onDiscover={discover} />
        <main className="pane" id="conversation" tabIndex={-1}>
          {openedId !== null && isKnown ? (
            <ConversationPane
              key={openedId}
              conversationId={openedId}
              handed={handed?.conversationId === openedId ? handed.files : NO_FILES}
              onHanded={forget}
              onClose={close}
            />
          ) : (
            <Suspense>
              <EmptyPane onNew={start} onDiscover={discover} onOpen={open} onClose={close} />
            </Suspense>
          )}
        </main>
        {panel !== null && <Side shown={panel} />}
        <Toasts />
        <Suspense>
          <Tooltips />
        </Suspense>
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
          {starting !== null && (
            <NewConversationDialog
              username={starting.username}
              onClose={() => { setStarting(null); }}
              onCreated={(conversationId) => {
                setStarting(null);
                open(conversationId);
              }}
              onDiscover={() => {
                setStarting(null);
                setDiscovering(true);
              }}
            />
          )}
          {isDiscovering && (
            <DirectoryDialog
              onClose={() => { setDiscovering(false); }}
              onOpen={(conversationId) => {
                setDiscovering(false);
                open(conversationId);
              }}
            />
          )}
        </Suspense>
      </div>
    </ViewerProvider>
  );
}
