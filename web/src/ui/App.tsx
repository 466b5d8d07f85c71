import { useEffect } from "react";

import { totalUnread } from "../core/select";
import { AuthPage } from "./AuthPage";
import { ChatPage } from "./ChatPage";
import { useAppState } from "./context";
import { Splash } from "./Splash";
import { useText } from "./words";

const TITLE = "Elastic-Chat";

export function App() {
  const state = useAppState();
  const unread = totalUnread(state);
  const t = useText();

  useEffect(() => {
    document.title = unread > 0 ? t("conversations.unreadTitle", { count: unread, app: TITLE }) : TITLE;
  }, [unread, t]);

  switch (state.session.status) {
    case "restoring":
      return <Splash />;
    case "anonymous":
      return <AuthPage notice={state.session.notice} />;
    case "active":
      return <ChatPage />;
  }
}
