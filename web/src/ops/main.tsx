// The page for those who run the stack: nothing of it is in the client.
import "../ui/styles/tokens.css";
import "../ui/styles/base.css";
import "../ui/styles/auth.css";
import "../ui/styles/ops.css";
import "../ui/styles/topology.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Languages } from "../app/language";
import { OpsClient } from "../app/ops";
import { catalogues, english } from "../locales/ops";
import { OpsApp } from "../ui/ops/OpsApp";
import { LanguageProvider } from "../ui/words";

const languages = new Languages(catalogues, english);
const client = new OpsClient();

window.addEventListener("storage", ({ key }) => { client.storageChanged(key); });
window.addEventListener("storage", ({ key }) => { languages.storageChanged(key); });
document.addEventListener("visibilitychange", () => { client.seen(document.visibilityState === "visible"); });
client.seen(document.visibilityState === "visible");
client.start();
await languages.start();

const root = document.getElementById("root");
if (root === null) {
  throw new Error("The page has no #root to draw in: ops.html is not the one that belongs to this script.");
}
createRoot(root).render(
  <StrictMode>
    <LanguageProvider languages={languages}>
      <OpsApp client={client} />
    </LanguageProvider>
  </StrictMode>,
);
