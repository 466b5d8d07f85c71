import { type KeyboardEvent, useEffect, useRef } from "react";

import { Icon } from "./Icon";

interface ComposerProps {
  /** Of the conversation. */
  readonly title: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly onSend: (text: string) => void;
}

/** What the server takes at most, in bytes of UTF-8. */
const MAX_BYTES = 16 * 1024;
const MAX_ROWS = 8;

export function Composer({ title, text, onChange, onSend }: ComposerProps) {
  const input = useRef<HTMLTextAreaElement>(null);
  const isTooLong = text.length > MAX_BYTES / 3 && new TextEncoder().encode(text.trim()).length > MAX_BYTES;
  const canSend = text.trim() !== "" && !isTooLong;

  useEffect(() => {
    // On a phone the keyboard would cover half of the conversation before anything is read.
    if (matchMedia("(pointer: fine)").matches) {
      input.current?.focus();
    }
  }, []);

  const send = () => {
    if (canSend) {
      onSend(text.trim());
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
      <div className="composer-box">
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
        <button className="button-icon button-send" type="submit" disabled={!canSend} aria-label="Send" title="Send" data-testid="send">
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
