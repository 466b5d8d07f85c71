import { type KeyboardEvent, useEffect, useRef } from "react";

import type { FileRef } from "../core/types";
import { type Attached, useAttached } from "./attached";
import { Icon } from "./Icon";

export interface ComposerProps {
  /** Of the conversation. */
  readonly title: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly onSend: (text: string, files: readonly FileRef[]) => void;
  readonly onLater: (text: string) => void;
}

/** What the server takes at most, in bytes of UTF-8. */
const MAX_BYTES = 16 * 1024;
const MAX_ROWS = 8;

export function Composer({ title, text, onChange, onSend, onLater }: ComposerProps) {
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
          The message is too long. Send it in parts.
        </p>
      )}
      {attached.length > 0 && <Chips attached={attached} onRemove={remove} />}
      <div className="composer-box">
        <label className="button-icon" title="Attach files">
          <Icon name="attach" />
          <input
            className="visually-hidden"
            type="file"
            multiple
            aria-label="Attach files"
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
          placeholder="Write a message"
          aria-label={`Message to ${title}`}
          enterKeyHint="send"
          data-testid="composer-input"
          onChange={(event) => { onChange(event.target.value); }}
          onKeyDown={press}
        />
        <button
          className="button-icon"
          type="button"
          disabled={!canSend || files.length > 0}
          aria-label="Send later"
          title="Send later"
          data-testid="send-later"
          onClick={() => { onLater(text.trim()); }}
        >
          <Icon name="clock" />
        </button>
        <button className="button-icon button-send" type="submit" disabled={!canSend} aria-label="Send" title="Send" data-testid="send">
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

function Chips({ attached, onRemove }: { readonly attached: readonly Attached[]; readonly onRemove: (key: string) => void }) {
  return (
    <ul className="chips">
      {attached.map(({ key, name, progress, file, failure }) => (
        <li key={key} className="chip" data-testid="attached" data-state={failure !== null ? "failed" : file === null ? "uploading" : "ready"}>
          <span>{name}</span>
          {failure === null ? file === null && <progress value={progress} aria-label={`Uploading ${name}`} /> : <span role="alert">{failure}</span>}
          <button className="button-icon" type="button" aria-label={`Remove ${name}`} onClick={() => { onRemove(key); }}>
            <Icon name="close" size={14} />
          </button>
        </li>
      ))}
    </ul>
  );
}
