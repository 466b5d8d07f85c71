import { lazy, Suspense, useEffect } from "react";

import type { Versions } from "../app/versions";
import { totalUnread } from "../core/select";
import type { State } from "../core/state";
import { ChatPage } from "./ChatPage";
import { useSelected } from "./context";
import { asideOf, usePath } from "./route";
import { Shortcuts } from "./Shortcuts";
import { Splash } from "./Splash";
import { UpdateLine } from "./UpdateLine";
import { useText } from "./words";

/** Who has logged in before does not need it. */
const AuthPage = lazy(() => import("./AuthPage"));
const AdminPage = lazy(() => import("./admin/AdminPage"));
const SettingsPage = lazy(() => import("./settings/SettingsPage"));

const TITLE = "Elastic-Chat";

const sessionOf = ({ session }: State) => session;

export function App({ versions }: { readonly versions: Versions }) {
  const session = useSelected(sessionOf);
  const unread = useSelected(totalUnread);
  const t = useText();

  useEffect(() => {
    document.title = unread > 0 ? t("conversations.unreadTitle", { count: unread, app: TITLE }) : TITLE;
  }, [unread, t]);

  return (
    <>
      <Page session={session} />
      <UpdateLine versions={versions} />
    </>
  );
}

function Page({ session }: { readonly session: State["session"] }) {
  switch (session.status) {
    case "restoring":
      return <Splash />;
    case "anonymous":
      return (
        <Suspense fallback={<Splash />}>
          <AuthPage notice={session.notice} />
        </Suspense>
      );
    case "active":
      return (
        <>
          <ActivePage />
          <Shortcuts />
        </>
      );
  }
}

function ActivePage() {
  const aside = asideOf(usePath());
  if (aside === null) {
    return <ChatPage />;
  }
  const Page = aside.page === "settings" ? SettingsPage : AdminPage;
  return (
    <Suspense fallback={<Splash />}>
      <Page section={aside.section} />
    </Suspense>
  );
}
