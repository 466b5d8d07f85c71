import { type KeyboardEvent, useEffect, useEffectEvent, useRef } from "react";

import type { FileRef } from "../core/types";
import { type Attached, useAttached } from "./attached";
import { Icon } from "./Icon";
import { useText } from "./words";

export interface ComposerProps {
  /** Of the conversation. */
  readonly title: string;
  readonly text: string;
  /** Files that come from elsewhere. */
  readonly handed: readonly File[];
  /** They are attached. */
  readonly onHanded: () => void;
  readonly onChange: (text: string) => void;
  readonly onSend: (text: string, files: readonly FileRef[]) => void;
  readonly onLater: (text: string) => void;
}

/** What the server takes at most, in bytes of UTF-8. */
const MAX_BYTES = 16 * 1024;
const MAX_ROWS = 8;

export function Composer({ title, text, handed, onHanded, onChange, onSend, onLater }: ComposerProps) {
  const t = useText();
  const input = useRef<HTMLTextAreaElement>(null);
  const isTooLong = text.length > MAX_BYTES / 3 && new TextEncoder().encode(text.trim()).length > MAX_BYTES;
  const { attached, add, remove, clear } = useAttached();
  const files = attached.flatMap(({ file }) => (file === null ? [] : [file]));
  const canSend = (text.trim() !== "" || files.length > 0) && files.length === attached.length && !isTooLong;

  useEffect(() => {
    // On a phone the keyboard would cover half of the conversation before anything is read.
    if (matchMedia("(pointer: fine)").matches) {
      input.current?.focus();
    }
  }, []);

  const attachHanded = useEffectEvent(() => {
    if (handed.length > 0) {
      add(handed);
      onHanded();
    }
  });
  useEffect(attachHanded, [handed]);

  const send = () => {
    if (canSend) {
      onSend(text.trim(), files);
      clear();
    }
    input.current?.focus();
  };

  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    }
  };

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {isTooLong && (
        <p className="error composer-error" role="alert">
          {t("errors.TEXT_TOO_LONG")}
        </p>
      )}
      {attached.length > 0 && <Chips attached={attached} onRemove={remove} />}
      <div className="composer-box">
        <label className="button-icon" title={t("composer.attach")}>
          <Icon name="attach" />
          <input
            className="visually-hidden"
            type="file"
            multiple
            aria-label={t("composer.attach")}
            data-testid="attach"
            onChange={(event) => {
              add([...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
        </label>
        <textarea
          ref={input}
          rows={Math.min(MAX_ROWS, text.split("\n").length)}
          value={text}
          dir="auto"
          placeholder={t("composer.placeholder")}
          aria-label={t("composer.label", { title })}
          enterKeyHint="send"
          data-testid="composer-input"
          onChange={(event) => { onChange(event.target.value); }}
          onKeyDown={press}
        />
        <button
          className="button-icon"
          type="button"
          disabled={!canSend || files.length > 0}
          aria-label={t("composer.later")}
          title={t("composer.later")}
          data-testid="send-later"
          onClick={() => { onLater(text.trim()); }}
        >
          <Icon name="clock" />
        </button>
        <button className="button-icon button-send" type="submit" disabled={!canSend} aria-label={t("composer.send")} title={t("composer.send")} data-testid="send">
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

function Chips({ attached, onRemove }: { readonly attached: readonly Attached[]; readonly onRemove: (key: string) => void }) {
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
