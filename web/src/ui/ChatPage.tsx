import { type MouseEvent, useCallback, useEffect, useState } from "react";

import type { Shared } from "../core/shared";
import type { State } from "../core/state";
import type { ConversationId } from "../core/types";
import { useClient, useSelected } from "./context";
import { ConversationPane } from "./ConversationPane";
import { EmptyPane } from "./EmptyPane";
import { JoinDialog } from "./JoinDialog";
import { NewConversationDialog } from "./NewConversationDialog";
import { NotificationsOffer } from "./NotificationsOffer";
import { Toasts } from "./parts/Toasts";
import { Tooltips } from "./parts/Tooltip";
import { asideOf, currentRoute, showRoute, takeInvite, takeSharing, takeStarting } from "./route";
import { ShareDialog } from "./ShareDialog";
import { Sidebar } from "./Sidebar";
import { StatusLine } from "./StatusLine";
import { useText } from "./words";

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
  const [isStarting, setStarting] = useState(takeStarting);
  const [isSharing, setSharing] = useState(takeSharing);
  const [shared, setShared] = useState<Shared | null>(null);
  const [handed, setHanded] = useState<Handed | null>(null);
  const [invite, setInvite] = useState(takeInvite);

  useEffect(() => {
    const follow = () => {
      if (asideOf(location.pathname) === null) {
        client.openConversation(currentRoute());
      }
    };
    // "Back" may have led here from a page beside the conversations.
    follow();
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

  const close = useCallback(() => { open(null); }, [open]);
  const start = useCallback(() => { setStarting(true); }, []);
  const forget = useCallback(() => { setHanded(null); }, []);

  return (
    <div className="chat" data-open={openedId !== null}>
      <a className="skip" href="#conversation" onClick={skip}>{t("conversations.skip")}</a>
      <StatusLine />
      <Sidebar onOpen={open} onNew={start} />
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
          <EmptyPane onNew={start} onClose={close} />
        )}
      </main>
      <NotificationsOffer />
      <Toasts />
      <Tooltips />
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
    </div>
  );
}
