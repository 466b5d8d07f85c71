import { keysOf, shortcutsOf } from "../core/shortcuts";
import { isApple } from "./keyboard";
import { useText } from "./words";

const PLACES = [
  { place: "everywhere", title: "keyboard.everywhere" },
  { place: "messages", title: "keyboard.messages" },
  { place: "message", title: "keyboard.message" },
] as const;

/** The shortcuts that there are, from the table by which they work. */
export function ShortcutList() {
  const t = useText();
  return PLACES.map(({ place, title }) => (
    <section key={place} className="shortcuts" aria-label={t(title)}>
      <h3>{t(title)}</h3>
      <dl>
        {shortcutsOf(place).map((shortcut) => (
          <div key={shortcut.does} className="shortcut">
            <dt>{t(shortcut.does)}</dt>
            <dd dir="ltr">{keysOf(shortcut, isApple()).map((key) => <kbd key={key}>{key}</kbd>)}</dd>
          </div>
        ))}
      </dl>
    </section>
  ));
}
