import { chooseSigns, useSigns } from "../keyboard";
import { Switch } from "../parts/Switch";
import { ShortcutList } from "../ShortcutList";
import { useText } from "../words";

/** What the keys do. */
export function KeyboardSection() {
  const t = useText();
  return (
    <>
      <div className="group">
        <Switch label={t("keyboard.signs")} hint={t("keyboard.signsHint")} isOn={useSigns()} onChange={chooseSigns} />
      </div>
      <ShortcutList />
    </>
  );
}
