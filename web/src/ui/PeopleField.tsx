import { matchSorter } from "match-sorter";
import { type KeyboardEvent, useEffect, useId, useState } from "react";

import { myId, type State } from "../core/state";
import type { User } from "../core/types";
import { useClient, useSelected } from "./context";
import { Avatar } from "./parts/Avatar";
import { stepped } from "./parts/focus";
import { named } from "./usernames";
import { useText } from "./words";

interface PeopleFieldProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onPick: (user: User) => void;
  /** User names that are not offered. */
  readonly without: ReadonlySet<string>;
  readonly hint?: string;
  readonly isRequired?: boolean;
}

const MAX_SHOWN = 5;
/** As accounts take them. */
const USERNAME = /^[a-z0-9][a-z0-9._-]{2,}$/;
/** Who types goes on within this time. */
const PAUSE_MS = 300;

const partOf = ({ session, users }: State) => ({ session, users });

/** Where one writes a user name: it offers those whom the user knows by what their names are like, and who is called exactly that. */
export function PeopleField({ label, name, value, onChange, onPick, without, hint, isRequired = false }: PeopleFieldProps) {
  const client = useClient();
  const t = useText();
  const state = useSelected(partOf);
  const [chosen, setChosen] = useState<number | null>(null);
  const [unknown, setUnknown] = useState<string | null>(null);
  const id = useId();
  const typed = named(value);
  const me = myId(state);
  const known = [...state.users.values()].filter(({ userId, username, displayName }) => userId !== me && displayName !== null && !without.has(username));
  const shown = matchSorter(known, typed, { keys: ["displayName", "username"] }).slice(0, MAX_SHOWN);
  const isKnown = [...state.users.values()].some(({ username }) => username === typed);
  const isSought = USERNAME.test(typed) && !isKnown;
  const at = chosen === null ? null : Math.min(chosen, shown.length - 1);

  useEffect(() => {
    if (!isSought) {
      return;
    }
    const timer = setTimeout(() => {
      client.groups.find(typed).then((isThere) => { setUnknown(isThere ? null : typed); }, () => { setUnknown(null); });
    }, PAUSE_MS);
    return () => { clearTimeout(timer); };
  }, [client, typed, isSought]);

  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    const next = event.key === "Home" || event.key === "End" ? null : stepped(event, "vertical", at ?? (event.key === "ArrowUp" ? 0 : -1), shown.length);
    const user = at === null ? undefined : shown[at];
    if (next !== null) {
      event.preventDefault();
      setChosen(next);
    } else if (event.key === "Enter" && user !== undefined && !event.nativeEvent.isComposing) {
      event.preventDefault();
      onPick(user);
      setChosen(null);
    }
  };

  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={name}
        role="combobox"
        aria-expanded={shown.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        {...(at === null || at < 0 ? {} : { "aria-activedescendant": `${id}-${at}` })}
        aria-describedby={`${id}-hint`}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        required={isRequired}
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
          setChosen(null);
        }}
        onKeyDown={press}
      />
      {/* What comes and goes here has its place: a button below may not move away from under a finger. */}
      <p className="field-hint people-hint" id={`${id}-hint`} role="status">
        {isSought && unknown === typed ? t("errors.UNKNOWN_USER") : hint}
      </p>
      <ul id={`${id}-list`} className="choices people-choices" role="listbox" aria-label={t("conversations.people")}>
        {shown.map((user, index) => (
          <li
            key={user.userId}
            id={`${id}-${index}`}
            className="choice-row"
            role="option"
            aria-selected={index === at}
            data-testid="person"
            onClick={() => { onPick(user); }}
          >
            <Avatar id={user.userId} name={user.displayName ?? user.username} size="small" />
            <span className="choice-title"><bdi>{user.displayName}</bdi></span>
            <span className="choice-note" dir="ltr">@{user.username}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
