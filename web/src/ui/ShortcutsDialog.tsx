import "./styles/sections.css";

import keyboard from "virtual:texts/en/keyboard";

import { Dialog } from "./parts/Dialog";
import { ShortcutList } from "./ShortcutList";
import { alsoSaying, useText } from "./words";

function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useText();
  return (
    <Dialog title={t("keyboard.title")} onClose={onClose}>
      <ShortcutList />
    </Dialog>
  );
}

export default alsoSaying(ShortcutsDialog, keyboard);
