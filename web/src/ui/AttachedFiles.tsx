import type { Attached } from "./attached";
import { Icon } from "./Icon";
import { useText } from "./words";

/** The files that go with the message, and how far each is. */
export function AttachedFiles({ attached, onRemove }: { readonly attached: readonly Attached[]; readonly onRemove: (key: string) => void }) {
  const t = useText();
  return (
    <ul className="chips">
      {attached.map(({ key, name, progress, file, failure }) => (
        <li key={key} className="chip" data-testid="attached" data-state={failure !== null ? "failed" : file === null ? "uploading" : "ready"}>
          <span dir="auto">{name}</span>
          {failure === null ? file === null && <progress value={progress} aria-label={t("composer.uploading", { name })} /> : <span role="alert">{failure}</span>}
          <button className="button-icon" type="button" aria-label={t("composer.remove", { name })} onClick={() => { onRemove(key); }}>
            <Icon name="close" size={14} />
          </button>
        </li>
      ))}
    </ul>
  );
}
