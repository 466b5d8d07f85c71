import "./ui/styles/tokens.css";
import "./ui/styles/base.css";
import "./ui/styles/parts.css";
import "./ui/styles/auth.css";
import "./ui/styles/sidebar.css";
import "./ui/styles/conversation.css";
import "./ui/styles/composer.css";
import "./ui/styles/message.css";
import "./ui/styles/viewer.css";
import "./ui/styles/dialog.css";
import "./ui/styles/panel.css";
import "./ui/styles/app.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Client } from "./app/client";
import { Languages } from "./app/language";
import { Versions } from "./app/versions";
import { catalogues, english } from "./locales/chat";
import { onOpened } from "./net/push";
import { openSocket } from "./net/socket";
import { App } from "./ui/App";
import { followAppearance } from "./ui/appearance";
import { ClientProvider } from "./ui/context";
import { currentRoute, showRoute } from "./ui/route";
import { LanguageProvider } from "./ui/words";

const languages = new Languages(catalogues, english);
const client = new Client(openSocket);
const versions = new Versions();

window.addEventListener("online", () => { client.networkChanged(true); });
window.addEventListener("offline", () => { client.networkChanged(false); });
window.addEventListener("storage", ({ key }) => { client.storageChanged(key); });
window.addEventListener("storage", ({ key }) => { languages.storageChanged(key); });
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    client.hurry();
  }
});

onOpened((conversationId) => {
  client.openConversation(conversationId);
  showRoute(conversationId);
});

followAppearance();
client.openConversation(currentRoute());
client.start();
versions.start();
await languages.start();

const root = document.getElementById("root");
if (root === null) {
  throw new Error("The page has no #root to draw in: index.html is not the one that belongs to this script.");
}
createRoot(root).render(
  <StrictMode>
    <LanguageProvider languages={languages}>
      <ClientProvider client={client}>
        <App versions={versions} />
      </ClientProvider>
    </LanguageProvider>
  </StrictMode>,
);
