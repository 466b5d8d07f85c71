/** Completes what is being written: names, emoji and commands. */

import { matchSorter } from "match-sorter";
import { type KeyboardEvent, type ReactNode, type RefObject, useId, useMemo, useState } from "react";

import { type CommandName, commandsIn } from "../core/commands";
import { completed, type Completion, completionAt } from "../core/completing";
import { completedEmoji, toned } from "../core/emoji";
import { ALL, mentionable } from "../core/mentions";
import { type ConversationState, myId, type State } from "../core/state";
import type { TextId } from "../core/texts";
import { useNow, useSelected } from "./context";
import { replaceRange } from "./editing";
import { noteEmoji, useEmoji, useEmojiHabits } from "./emoji";
import { Icon, type IconName } from "./Icon";
import { Avatar } from "./parts/Avatar";
import { stepped } from "./parts/focus";
import { optionId, type Suggestion, Suggestions } from "./parts/Suggestions";
import { useText } from "./words";

const MAX_SHOWN = 8;

interface Offer extends Suggestion {
  /** What is put in the place of what was written. */
  readonly put: string;
  readonly onPicked?: () => void;
}

interface Completing {
  /** What the field has to say of the list. */
  readonly field: Readonly<Record<`aria-${string}`, string>>;
  /** Null while there is nothing to offer. */
  readonly list: ReactNode;
  /** Whether a key was meant for the list. */
  readonly press: (event: KeyboardEvent<HTMLTextAreaElement>) => boolean;
  readonly onCaret: (caret: number) => void;
}

const partOf = ({ session, users }: State) => ({ session, users });

/** `commands`: whether there are any where the text is written. */
export function useCompleting(chat: ConversationState, text: string, input: RefObject<HTMLTextAreaElement | null>, hasCommands: boolean): Completing {
  const t = useText();
  const id = useId();
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(0);
  /** Where somebody has closed the list: it stays closed until something else is begun. */
  const [closedAt, setClosedAt] = useState<string | null>(null);
  const found = completionAt(text, Math.min(caret, text.length));
  const place = found === null ? null : `${found.kind}${found.from}`;
  const completion = place === closedAt || (found?.kind === "command" && !hasCommands) ? null : found;
  const mentions = useMentions(chat, completion);
  const emoji = useEmojiOffers(completion);
  const commands = useCommandOffers(chat, completion);
  const offers = { mention: mentions, emoji, command: commands }[completion?.kind ?? "mention"];
  const at = Math.min(chosen, offers.length - 1);

  if (closedAt !== null && place !== closedAt) {
    setClosedAt(null);
  }

  const pick = (index: number) => {
    const offer = offers[index];
    if (completion !== null && offer !== undefined && input.current !== null) {
      replaceRange(input.current, completion.from, completion.to, completed(text, completion, offer.put));
      offer.onPicked?.();
      setChosen(0);
    }
  };

  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (offers.length === 0 || completion === null || event.ctrlKey || event.metaKey || event.altKey) {
      return false;
    }
    const next = event.key === "Home" || event.key === "End" ? null : stepped(event, "vertical", at, offers.length);
    if (next !== null && !event.shiftKey) {
      setChosen(next);
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) {
      pick(at);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      setClosedAt(place);
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  };

  const isOpen = offers.length > 0 && completion !== null;
  return {
    // A field of several lines can't be called a combobox: it says by these what is chosen.
    field: isOpen ? { "aria-autocomplete": "list", "aria-controls": id, "aria-activedescendant": optionId(id, at) } : { "aria-autocomplete": "list" },
    list: (
      <>
        <span className="visually-hidden" role="status">{isOpen ? t("writing.suggested", { count: offers.length }) : ""}</span>
        {isOpen && <Suggestions id={id} label={t(LABELS[completion.kind])} suggestions={offers} at={at} onPoint={setChosen} onPick={pick} />}
      </>
    ),
    press,
    onCaret: (next) => {
      if (next !== caret) {
        setCaret(next);
        setChosen(0);
      }
    },
  };
}

const LABELS = { mention: "writing.suggestPeople", emoji: "composer.emoji", command: "writing.suggestCommands" } as const;
const NOTHING: readonly Offer[] = [];

/** Those who are in the conversation, and everyone. Who has spoken last comes first. */
function useMentions(chat: ConversationState, completion: Completion | null): readonly Offer[] {
  const t = useText();
  const { users, session } = useSelected(partOf);
  const query = completion?.kind === "mention" ? completion.query : null;
  return useMemo(() => {
    if (query === null) {
      return NOTHING;
    }
    const { people, mayAll } = mentionable({ users }, chat);
    const me = myId({ session });
    const everyone = mayAll ? [{ userId: ALL, username: ALL, displayName: t("writing.everyone") }] : [];
    const all = [...people.filter(({ userId }) => userId !== me), ...everyone];
    return matchSorter(all, query, { keys: ["displayName", "username"], baseSort: (a, b) => (a.index < b.index ? -1 : 1) })
      .slice(0, MAX_SHOWN)
      .map(({ userId, username, displayName }) => ({
        key: userId,
        sign: userId === ALL ? <Icon name="people" /> : <Avatar id={userId} name={displayName ?? username} size="small" />,
        title: displayName ?? username,
        note: `@${username}`,
        noteDirection: "ltr",
        put: `@${username}`,
      }));
  }, [query, users, session, chat, t]);
}

function useEmojiOffers(completion: Completion | null): readonly Offer[] {
  const query = completion?.kind === "emoji" ? completion.query : null;
  const { emoji: all } = useEmoji(query !== null);
  const { tone } = useEmojiHabits();
  return useMemo(() => {
    if (query === null || all === null) {
      return NOTHING;
    }
    return completedEmoji(all, query, MAX_SHOWN).map((one) => {
      const emoji = toned(one, tone);
      const [code] = one.codes;
      return {
        key: one.emoji,
        sign: <span className="suggestion-emoji">{emoji}</span>,
        title: one.name,
        note: code === undefined ? "" : `:${code}:`,
        noteDirection: "ltr",
        put: emoji,
        onPicked: () => { noteEmoji(emoji); },
      };
    });
  }, [query, all, tone]);
}

const COMMANDS: Readonly<Record<CommandName, { readonly icon: IconName; readonly text: TextId }>> = {
  poll: { icon: "poll", text: "writing.commandPoll" },
  status: { icon: "smile", text: "writing.commandStatus" },
  mute: { icon: "bellOff", text: "writing.commandMute" },
  unmute: { icon: "bell", text: "writing.commandUnmute" },
  topic: { icon: "pen", text: "writing.commandTopic" },
  invite: { icon: "link", text: "writing.commandInvite" },
  leave: { icon: "logout", text: "writing.commandLeave" },
};

function useCommandOffers(chat: ConversationState, completion: Completion | null): readonly Offer[] {
  const t = useText();
  const now = useNow(60_000);
  const query = completion?.kind === "command" ? completion.query : null;
  return useMemo(() => {
    const names = query === null ? [] : commandsIn(chat, now).filter((name) => name.startsWith(query.toLowerCase()));
    return names.map((name) => ({
      key: name,
      sign: <Icon name={COMMANDS[name].icon} />,
      title: `/${name}`,
      note: t(COMMANDS[name].text),
      put: `/${name}`,
    }));
  }, [query, chat, now, t]);
}
