import { useEffect } from "react";

import type { Versions } from "../app/versions";
import { totalUnread } from "../core/select";
import type { State } from "../core/state";
import { AuthPage } from "./AuthPage";
import { ChatPage } from "./ChatPage";
import { useAppState } from "./context";
import { Splash } from "./Splash";
import { UpdateLine } from "./UpdateLine";

const TITLE = "Elastic-Chat";

export function App({ versions }: { readonly versions: Versions }) {
  const state = useAppState();
  const unread = totalUnread(state);

  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${TITLE}` : TITLE;
  }, [unread]);

  return (
    <>
      <Page session={state.session} />
      <UpdateLine versions={versions} />
    </>
  );
}

function Page({ session }: { readonly session: State["session"] }) {
  switch (session.status) {
    case "restoring":
      return <Splash />;
    case "anonymous":
      return <AuthPage notice={session.notice} />;
    case "active":
      return <ChatPage />;
  }
}
