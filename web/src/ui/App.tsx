import { useEffect } from "react";

import { totalUnread } from "../core/select";
import type { State } from "../core/state";
import { AuthPage } from "./AuthPage";
import { ChatPage } from "./ChatPage";
import { useSelected } from "./context";
import { Splash } from "./Splash";

const TITLE = "Elastic-Chat";

const sessionOf = ({ session }: State) => session;

export function App() {
  const session = useSelected(sessionOf);
  const unread = useSelected(totalUnread);

  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${TITLE}` : TITLE;
  }, [unread]);

  switch (session.status) {
    case "restoring":
      return <Splash />;
    case "anonymous":
      return <AuthPage notice={session.notice} />;
    case "active":
      return <ChatPage />;
  }
}
