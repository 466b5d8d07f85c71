import { type KeyboardEvent, lazy, Suspense, useCallback, useEffect, useEffectEvent, useMemo, useRef, useState, useSyncExternalStore } from "react";
import writing from "virtual:texts/en/writing";

import { composingAt, lastOwn, type Place, textAt } from "../core/composing";
import { formatOf, formatted } from "../core/formatting";
import { mentionable, type Mentioned, mentionedIn } from "../core/mentions";
import { type ConversationState, myId, type State } from "../core/state";
import { isReady, readyFiles } from "../core/tray";
import type { MessageId, Poll, Said } from "../core/types";
import { voiceFormat } from "../core/voice";
import { barOf } from "../core/writing";
import { useAction } from "./action";
import { useCommanding } from "./commanding";
import { useCompleting } from "./completing";
import { Composing } from "./Composing";
import { useClient, useSelected } from "./context";
import { useDropping } from "./dropping";
import { replaceRange, replaceSelection } from "./editing";
import { EmojiButton } from "./EmojiButton";
import { Icon } from "./Icon";
import { Menu, MenuItem } from "./parts/Menu";
import { useToast } from "./parts/toasts";
import { useSlowMode } from "./slow_mode";
import { Tray } from "./Tray";
import { alsoSaying, useWords } from "./words";

const SendLaterDialog = lazy(async () => ({ default: (await import("./SendLaterDialog")).SendLaterDialog }));
const VoiceNote = lazy(async () => ({ default: (await import("./VoiceNote")).VoiceNote }));
const PollDialog = lazy(async () => ({ default: (await import("./PollDialog")).PollDialog }));

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
/** Null where the browser can't record; without TLS it lets no page hear anything. */
const VOICE = typeof MediaRecorder !== "undefined" && isSecureContext ? voiceFormat((mediaType) => MediaRecorder.isTypeSupported(mediaType)) : null;

/** Where one writes, or why one can't. */
function ComposerInside(props: ComposerProps) {
  const { t } = useWords();
  const bar = barOf(props.chat);
  return bar === null ? (
    <Form {...props} />
  ) : (
    <p className="composer composer-bar" data-testid="composer-bar" data-bar={bar}>
      <Icon name="lock" size={18} />
      {t(BARS[bar])}
    </p>
  );
}

export const Composer = alsoSaying(ComposerInside, writing);

const BARS = { channel: "writing.barChannel", reader: "writing.barReader", members: "writing.barMembers" } as const;

/** Something new, an answer, or other words for what one has said. Each key that is pressed draws this, and nothing else. */
function Form({ chat, thread = null, title, handed = NO_FILES, onHanded }: ComposerProps) {
  const client = useClient();
  const { uploads } = client.files;
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const form = useRef<HTMLFormElement>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const { conversationId, messageTtlS } = chat.conversation;
  const place = useMemo<Place>(() => ({ conversationId, thread }), [conversationId, thread]);
  const text = useSelected(useCallback((state: State) => textAt(state, place), [place]));
  const composing = useSelected(useCallback((state: State) => composingAt(state.composing, place), [place]));
  const me = useSelected(myId);
  const tray = useSyncExternalStore(uploads.subscribe, () => uploads.at(place));
  const editing = useAction();
  const [later, setLater] = useState<{ readonly said: Said; readonly key: MessageId } | null>(null);
  const [polling, setPolling] = useState<string | null>(null);
  const [voice, setVoice] = useState<"off" | "recording" | "sending">("off");
  const isEdit = composing.mode === "edit";
  const target = composing.mode === "new" ? null : composing.target;
  const isTooLong = text.length > MAX_BYTES / 3 && new TextEncoder().encode(text.trim()).length > MAX_BYTES;
  const files = readyFiles(tray);
  const hasText = text.trim() !== "";
  const isWaiting = useSlowMode(chat);
  const canSend = (isEdit ? hasText && !editing.isBusy : (hasText || files.length > 0) && isReady(tray) && isWaiting === null) && !isTooLong;
  const completing = useCompleting(chat, text, input, thread === null && !isEdit);
  const commanding = useCommanding(chat, setPolling);

  const attach = (chosen: readonly File[]) => {
    const left = uploads.add(place, chosen);
    if (left > 0) {
      toast(t("writing.tooMany", { count: left }));
    }
    input.current?.focus();
  };
  const drop = useDropping(form, title, !isEdit, attach);

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
      attach(handed);
      onHanded?.();
    }
  });
  useEffect(() => { attachHanded(); }, [handed]);

  const mentioned = (): Mentioned => {
    const { people, mayAll } = mentionable(client.store.get(), chat);
    return mentionedIn(text, people, mayAll);
  };
  const aimed = (): Partial<Said> => ({
    ...(composing.mode === "reply" ? { replyTo: composing.target } : {}),
    ...(thread === null ? {} : { thread }),
  });
  const said = (): Said => {
    const { userIds, isAll } = mentioned();
    return {
      text: text.trim(),
      ...(files.length === 0 ? {} : { files }),
      ...(userIds.length === 0 ? {} : { mentions: userIds }),
      ...(isAll ? { mentionsAll: true } : {}),
      ...aimed(),
    };
  };

  const end = () => {
    editing.clear();
    client.composition.end(place);
  };

  const send = () => {
    if (canSend && isEdit) {
      const { userIds } = mentioned();
      void editing.run(() => client.messages.change(conversationId, composing.target, { type: "edit", text: text.trim(), mentions: userIds }), end);
    } else if (canSend && !(thread === null && files.length === 0 && commanding.run(text, () => { client.composition.write(place, ""); }))) {
      client.send(conversationId, said());
      uploads.sent(place);
    }
    input.current?.focus();
  };

  // A voice note leaves as soon as it is there. If that fails, it is a file like any other, with what can be done about it.
  const sendVoice = (file: File) => {
    setVoice("sending");
    attach([file]);
    const leave = uploads.subscribe(() => {
      const now = uploads.at(place);
      const isFailed = now.some(({ state }) => state.type === "failed");
      if (isReady(now) || isFailed) {
        leave();
        setVoice("off");
      }
      if (isReady(now) && now.length > 0) {
        // Whatever is written meanwhile is for the next message.
        const draft = textAt(client.store.get(), place);
        client.send(conversationId, { text: "", files: readyFiles(now), ...aimed() });
        uploads.sent(place);
        client.composition.write(place, draft);
      }
    });
  };

  const ask = (question: string, poll: Poll) => {
    client.send(conversationId, { text: question, poll, ...aimed() });
    setPolling(null);
  };

  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const field = event.currentTarget;
    const format = formatOf(event);
    if (event.nativeEvent.isComposing || completing.press(event)) {
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

  const isVoiceOffered = VOICE !== null && !isEdit && !hasText && tray.length === 0 && isWaiting === null;
  const placeholder = thread !== null ? t("composer.placeholderThread") : messageTtlS > 0 ? t("writing.placeholderTtl", { time: words.duration(messageTtlS) }) : t("composer.placeholder");
  const sendName = t(isEdit ? "composer.save" : "composer.send");
  return (
    <>
      <form
        ref={form}
        className="composer"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {drop}
        {(isTooLong || editing.error !== null) && (
          <p className="error composer-error" role="alert">
            {isTooLong ? t("errors.TEXT_TOO_LONG") : editing.error}
          </p>
        )}
        {composing.mode !== "new" && <Composing chat={chat} mode={composing.mode} target={composing.target} onEnd={end} />}
        {!isEdit && tray.length > 0 && <Tray place={place} tray={tray} />}
        {!isEdit && isWaiting}
        {voice === "recording" && VOICE !== null && (
          <Suspense>
            <VoiceNote
              format={VOICE}
              onDone={sendVoice}
              onEnd={() => {
                setVoice("off");
                requestAnimationFrame(() => input.current?.focus());
              }}
            />
          </Suspense>
        )}
        {voice === "off" && (
          <div className="composer-box">
            {completing.list}
            {!isEdit && (
              <>
                <Menu label={t("writing.add")} icon="plus" testId="composer-add">
                  <MenuItem icon="attach" onChoose={() => chooser.current?.click()}>{t("composer.attach")}</MenuItem>
                  <MenuItem icon="poll" onChoose={() => { setPolling(text.trim()); }}>{t("writing.poll")}</MenuItem>
                </Menu>
                <input
                  ref={chooser}
                  className="visually-hidden"
                  type="file"
                  multiple
                  tabIndex={-1}
                  aria-hidden="true"
                  data-testid="attach"
                  onChange={(event) => {
                    attach([...(event.target.files ?? [])]);
                    event.target.value = "";
                  }}
                />
              </>
            )}
            <textarea
              ref={input}
              rows={Math.min(MAX_ROWS, text.split("\n").length)}
              value={text}
              dir="auto"
              placeholder={placeholder}
              aria-label={t("composer.label", { title })}
              aria-keyshortcuts={SHORTCUTS}
              {...completing.field}
              enterKeyHint="send"
              data-testid="composer-input"
              onChange={(event) => {
                client.composition.write(place, event.target.value);
                completing.onCaret(event.target.selectionStart);
              }}
              onSelect={(event) => { completing.onCaret(event.currentTarget.selectionStart); }}
              onKeyDown={press}
              onPaste={(event) => {
                const pasted = [...event.clipboardData.files];
                // A table or a page comes as a picture of itself, too: then its words are what is wanted.
                if (pasted.length > 0 && !isEdit && event.clipboardData.getData("text/plain") === "") {
                  event.preventDefault();
                  attach(pasted);
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
            {isVoiceOffered ? (
              <button className="button-icon" type="button" aria-label={t("writing.voiceRecord")} title={t("writing.voiceRecord")} data-testid="voice-record" onClick={() => { setVoice("recording"); }}>
                <Icon name="mic" />
              </button>
            ) : (
              <>
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
              </>
            )}
          </div>
        )}
      </form>
      {commanding.asking}
      {later !== null && (
        <Suspense><SendLaterDialog onSend={(at) => client.personal.sendLater(conversationId, later.said, at, later.key)} onClose={() => { setLater(null); }} /></Suspense>
      )}
      {polling !== null && <Suspense><PollDialog question={polling} onAsk={ask} onClose={() => { setPolling(null); }} /></Suspense>}
    </>
  );
}
