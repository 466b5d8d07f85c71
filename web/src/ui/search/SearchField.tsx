import { matchSorter } from "match-sorter";
import { type KeyboardEvent, type RefObject, useEffect, useId, useRef, useState } from "react";

import { completed, dayOf, KINDS, type Operator, placeName, type Token, tokenAt } from "../../core/search";
import { conversationRows, peerOf, titleOf } from "../../core/select";
import { myId, type State } from "../../core/state";
import type { TextId } from "../../core/texts";
import type { Words } from "../../core/words";
import { useNow, useSelected } from "../context";
import { Icon, type IconName } from "../Icon";
import { Avatar } from "../parts/Avatar";
import { stepped } from "../parts/focus";
import { useWords } from "../words";

/** What may stand behind an operator. */
interface Suggestion {
  readonly value: string;
  readonly label: string;
  readonly note: string;
  /** Of whom or what the face is; an icon where there is none. */
  readonly face: { readonly id: string; readonly isGroup: boolean } | IconName;
}

const MAX_SHOWN = 8;
const DAY_MS = 86_400_000;
/** How long ago the days are that are suggested. */
const DAYS = [1, 7, 30, 365];
const KIND_NAMES: Readonly<Record<(typeof KINDS)[number], readonly [IconName, TextId]>> = {
  file: ["attach", "search.hasFile"],
  image: ["palette", "search.hasImage"],
  link: ["link", "search.hasLink"],
  poll: ["checks", "search.hasPoll"],
};

interface SearchFieldProps {
  readonly input: RefObject<HTMLInputElement | null>;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** What is written is what is wanted. */
  readonly onEnter: () => void;
  /** On to what was found. */
  readonly onDown: () => void;
}

const partOf = ({ session, conversations, users, outbox }: State) => ({ session, conversations, users, outbox });

/** Where one writes what is looked for. While an operator is written, it suggests what may stand behind it. */
export function SearchField({ input, value, onChange, onEnter, onDown }: SearchFieldProps) {
  const words = useWords();
  const { t } = words;
  const state = useSelected(partOf);
  const now = useNow(60_000);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const [placed, setPlaced] = useState({ value, caret: value.length });
  const [chosen, setChosen] = useState(0);
  const [isPutAway, setPutAway] = useState(false);
  // What somebody else has put there is gone on with at its end.
  const token = tokenAt(value, placed.value === value ? placed.caret : value.length);
  const found = token === null || isPutAway ? [] : suggestions(token, state, words, now);
  // What is written out already needs no suggestion.
  const shown = found.length === 1 && found[0]?.value === token?.value ? [] : found;
  const at = Math.min(chosen, shown.length - 1);

  useEffect(() => { list.current?.children[at]?.scrollIntoView({ block: "nearest" }); }, [at]);

  const change = (next: string, position: number) => {
    onChange(next);
    setPlaced({ value: next, caret: position });
    setChosen(0);
    setPutAway(false);
  };
  const take = (suggestion: Suggestion) => {
    if (token !== null) {
      const next = completed(value, token, suggestion.value);
      change(next.query, next.caret);
      input.current?.focus();
    }
  };
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    const suggestion = shown[at];
    const next = event.key === "Home" || event.key === "End" ? null : stepped(event, "vertical", at, shown.length);
    if (event.nativeEvent.isComposing) {
      return;
    }
    if (next !== null) {
      event.preventDefault();
      setChosen(next);
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      onDown();
    } else if ((event.key === "Enter" || event.key === "Tab") && suggestion !== undefined && !event.shiftKey) {
      event.preventDefault();
      take(suggestion);
    } else if (event.key === "Enter") {
      event.preventDefault();
      onEnter();
    } else if (event.key === "Escape" && shown.length > 0) {
      event.preventDefault();
      event.stopPropagation();
      setPutAway(true);
    }
  };

  return (
    <div className="search-box">
      <div className="search-field">
        <Icon name="search" size={18} />
        <input
          ref={input}
          type="text"
          enterKeyHint="search"
          role="combobox"
          aria-label={t("search.field")}
          aria-expanded={shown.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          {...(shown.length === 0 ? {} : { "aria-activedescendant": `${id}-${at}` })}
          placeholder={t("conversations.search")}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          dir="auto"
          maxLength={MAX_LENGTH}
          data-testid="search-input"
          value={value}
          onChange={(event) => { change(event.target.value, event.target.selectionStart ?? event.target.value.length); }}
          onSelect={({ currentTarget }) => { setPlaced({ value: currentTarget.value, caret: currentTarget.selectionStart ?? 0 }); }}
          onKeyDown={press}
        />
        {value !== "" && (
          <button
            className="button-icon search-clear"
            type="button"
            aria-label={t("search.clear")}
            title={t("search.clear")}
            onClick={() => {
              change("", 0);
              input.current?.focus();
            }}
          >
            <Icon name="close" size={16} />
          </button>
        )}
      </div>
      <ul ref={list} id={`${id}-list`} className="choices search-choices" role="listbox" aria-label={t("search.suggestions")}>
        {shown.map((suggestion, index) => (
          <li
            key={suggestion.value}
            id={`${id}-${index}`}
            className="choice-row"
            role="option"
            aria-selected={index === at}
            data-testid="search-suggestion"
            onPointerMove={() => { setChosen(index); }}
            // The field keeps the keyboard.
            onPointerDown={(event) => { event.preventDefault(); }}
            onClick={() => { take(suggestion); }}
          >
            {typeof suggestion.face === "string" ? (
              <span className="search-icon"><Icon name={suggestion.face} size={18} /></span>
            ) : (
              <Avatar id={suggestion.face.id} name={suggestion.label} size="small" isGroup={suggestion.face.isGroup} />
            )}
            <span className="choice-title"><bdi>{suggestion.label}</bdi></span>
            <span className="choice-note" dir="ltr">{suggestion.note}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** With room for the conversation that is put behind it. */
const MAX_LENGTH = 440;

type Part = ReturnType<typeof partOf>;

function suggestions({ operator, value }: Token, state: Part, words: Words, now: number): readonly Suggestion[] {
  const sought = value.replace(/^@/, "");
  const all = SOURCES[operator](state, words, now);
  return (sought === "" ? all : matchSorter(all, sought, { keys: ["label", "note", "value"] })).slice(0, MAX_SHOWN);
}

const SOURCES: Readonly<Record<Operator, (state: Part, words: Words, now: number) => readonly Suggestion[]>> = { from: people, in: places, has: kinds, after: days, before: days };

/** First oneself, then those whom one knows. */
function people(state: Part, { t }: Words): readonly Suggestion[] {
  const me = myId(state);
  const others = [...state.users.values()]
    .filter(({ userId, displayName }) => userId !== me && displayName !== null)
    .map(({ userId, username, displayName }) => ({ value: `@${username}`, label: displayName ?? username, note: `@${username}`, face: { id: userId, isGroup: false } }));
  return [{ value: "me", label: t("search.me"), note: "me", face: { id: me ?? "", isGroup: false } }, ...others];
}

function places(state: Part, words: Words): readonly Suggestion[] {
  const me = myId(state);
  const rows = conversationRows(state).map(({ chat }) => chat.conversation);
  const titles = rows.map(({ title }) => title);
  return rows.map((conversation) => {
    const { conversationId, kind } = conversation;
    const peer = peerOf(conversation, me);
    const username = peer === null ? undefined : state.users.get(peer)?.username;
    const value = username === undefined ? placeName(conversation.title, conversationId, titles) : `@${username}`;
    return {
      value,
      label: titleOf(state, conversation, words),
      note: username === undefined ? "" : value,
      face: { id: peer ?? conversationId, isGroup: kind === "group" || kind === "channel" },
    };
  });
}

function kinds(_: Part, { t }: Words): readonly Suggestion[] {
  return KINDS.map((kind) => ({ value: kind, label: t(KIND_NAMES[kind][1]), note: kind, face: KIND_NAMES[kind][0] }));
}

function days(_: Part, words: Words, now: number): readonly Suggestion[] {
  return DAYS.map((ago) => {
    const at = now - ago * DAY_MS;
    const value = dayOf(at, -new Date(at).getTimezoneOffset());
    return { value, label: words.day(at, now), note: value, face: "clock" };
  });
}
