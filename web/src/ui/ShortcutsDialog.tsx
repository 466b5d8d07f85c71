import "./styles/sections.css";

import { Dialog } from "./parts/Dialog";
import { ShortcutList } from "./ShortcutList";
import { useText } from "./words";

export default function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useText();
  return (
    <Dialog title={t("keyboard.title")} onClose={onClose}>
      <ShortcutList />
    </Dialog>
  );
}
