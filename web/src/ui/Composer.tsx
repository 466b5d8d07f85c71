import { type KeyboardEvent, lazy, Suspense, useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";

import { composingAt, lastOwn, type Place, textAt } from "../core/composing";
import { formatOf, formatted } from "../core/formatting";
import { type ConversationState, myId, type State } from "../core/state";
import type { MessageId, Said } from "../core/types";
import { useAction } from "./action";
import { useAttached } from "./attached";
import { AttachedFiles } from "./AttachedFiles";
import { Composing } from "./Composing";
import { useClient, useSelected } from "./context";
import { replaceRange, replaceSelection } from "./editing";
import { EmojiButton } from "./EmojiButton";
import { Icon } from "./Icon";
import { useText } from "./words";

const SendLaterDialog = lazy(async () => ({ default: (await import("./SendLaterDialog")).SendLaterDialog }));

interface ComposerProps {
  readonly chat: ConversationState;
  /** The seq of the message whose thread is written in; null for the conversation itself. */
  readonly thread?: number | null;
  /** Of the conversation. */
  readonly title: string;
  /** Files that come from elsewhere. */
  readonly handed?: readonly File[];
  /** They are attached. */
  readonly onHanded?: () => void;
}

/** What the server takes at most, in bytes of UTF-8. */
const MAX_BYTES = 16 * 1024;
const MAX_ROWS = 8;
const SHORTCUTS = "Control+B Control+I Control+Shift+X Control+E";
const NO_FILES: readonly File[] = [];

/** Where one writes: something new, an answer, or other words for what one has said. Each key that is pressed draws this, and nothing else. */
export function Composer({ chat, thread = null, title, handed = NO_FILES, onHanded }: ComposerProps) {
  const client = useClient();
  const t = useText();
  const input = useRef<HTMLTextAreaElement>(null);
  const { conversationId } = chat.conversation;
  const place = useMemo<Place>(() => ({ conversationId, thread }), [conversationId, thread]);
  const text = useSelected(useCallback((state: State) => textAt(state, place), [place]));
  const composing = useSelected(useCallback((state: State) => composingAt(state.composing, place), [place]));
  const me = useSelected(myId);
  const { attached, add, remove, clear } = useAttached();
  const editing = useAction();
  const [later, setLater] = useState<{ readonly said: Said; readonly key: MessageId } | null>(null);
  const isEdit = composing.mode === "edit";
  const target = composing.mode === "new" ? null : composing.target;
  const isTooLong = text.length > MAX_BYTES / 3 && new TextEncoder().encode(text.trim()).length > MAX_BYTES;
  const files = attached.flatMap(({ file }) => (file === null ? [] : [file]));
  const hasText = text.trim() !== "";
  const canSend = (isEdit ? hasText && !editing.isBusy : (hasText || files.length > 0) && files.length === attached.length) && !isTooLong;

  useEffect(() => {
    // On a phone the keyboard would cover half of the conversation before anything is read.
    if (matchMedia("(pointer: fine)").matches) {
      input.current?.focus();
    }
  }, []);

  // Who begins to answer or to edit wants to write.
  useEffect(() => {
    const element = input.current;
    if (target !== null && element !== null) {
      element.focus();
      element.setSelectionRange(element.value.length, element.value.length);
    }
  }, [target, isEdit]);

  const attachHanded = useEffectEvent(() => {
    if (handed.length > 0) {
      add(handed);
      onHanded?.();
    }
  });
  useEffect(() => { attachHanded(); }, [handed]);

  const said = (): Said => ({
    text: text.trim(),
    ...(files.length === 0 ? {} : { files }),
    ...(composing.mode === "reply" ? { replyTo: composing.target } : {}),
    ...(thread === null ? {} : { thread }),
  });

  const end = () => {
    editing.clear();
    client.composition.end(place);
  };

  const send = () => {
    if (canSend && isEdit) {
      void editing.run(() => client.messages.change(conversationId, composing.target, { type: "edit", text: text.trim() }), end);
    } else if (canSend) {
      client.send(conversationId, said());
      clear();
    }
    input.current?.focus();
  };

  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const field = event.currentTarget;
    const format = formatOf(event);
    if (event.nativeEvent.isComposing) {
      return;
    }
    if (format !== null) {
      event.preventDefault();
      const { from, to, text: put, selected } = formatted(text, field.selectionStart, field.selectionEnd, format);
      replaceRange(field, from, to, put);
      field.setSelectionRange(...selected);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && composing.mode !== "new") {
      event.preventDefault();
      event.stopPropagation();
      end();
    } else if (event.key === "ArrowUp" && text === "" && composing.mode === "new" && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey) {
      const last = lastOwn(chat, thread, me);
      if (last !== null) {
        event.preventDefault();
        client.composition.edit(place, last.seq, last.text);
      }
    }
  };

  const sendName = t(isEdit ? "composer.save" : "composer.send");
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {(isTooLong || editing.error !== null) && (
        <p className="error composer-error" role="alert">
          {isTooLong ? t("errors.TEXT_TOO_LONG") : editing.error}
        </p>
      )}
      {composing.mode !== "new" && <Composing chat={chat} mode={composing.mode} target={composing.target} onEnd={end} />}
      {!isEdit && attached.length > 0 && <AttachedFiles attached={attached} onRemove={remove} />}
      <div className="composer-box">
        {!isEdit && (
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
        )}
        <textarea
          ref={input}
          rows={Math.min(MAX_ROWS, text.split("\n").length)}
          value={text}
          dir="auto"
          placeholder={t(thread === null ? "composer.placeholder" : "composer.placeholderThread")}
          aria-label={t("composer.label", { title })}
          aria-keyshortcuts={SHORTCUTS}
          enterKeyHint="send"
          data-testid="composer-input"
          onChange={(event) => { client.composition.write(place, event.target.value); }}
          onKeyDown={press}
          onPaste={(event) => {
            const pasted = [...event.clipboardData.files];
            // A table or a page comes as a picture of itself, too: then its words are what is wanted.
            if (pasted.length > 0 && !isEdit && event.clipboardData.getData("text/plain") === "") {
              event.preventDefault();
              add(pasted);
            }
          }}
        />
        <EmojiButton
          label={t("composer.emoji")}
          testId="composer-emoji"
          onPick={(emoji) => {
            if (input.current !== null) {
              replaceSelection(input.current, emoji);
            }
          }}
        />
        {!isEdit && thread === null && (
          <button
            className="button-icon"
            type="button"
            disabled={!canSend || files.length > 0}
            aria-label={t("composer.later")}
            title={t("composer.later")}
            data-testid="send-later"
            onClick={() => { setLater({ said: said(), key: client.newMessageId() }); }}
          >
            <Icon name="clock" />
          </button>
        )}
        <button className="button-icon button-send" type="submit" disabled={!canSend} aria-label={sendName} title={sendName} data-testid="send">
          <Icon name={isEdit ? "check" : "send"} />
        </button>
      </div>
      {later !== null && (
        <Suspense><SendLaterDialog onSend={(at) => client.personal.sendLater(conversationId, later.said, at, later.key)} onClose={() => { setLater(null); }} /></Suspense>
      )}
    </form>
  );
}
