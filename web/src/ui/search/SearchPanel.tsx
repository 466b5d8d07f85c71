import "../styles/search.css";

import english from "virtual:texts/en/search";

import { type KeyboardEvent, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { forgetSearches, recentSearches, rememberSearch } from "../../app/searches";
import { askedFor, asItIs, begun, isWhole, OPERATORS, type Operator, type Search } from "../../core/search";
import { titleOf } from "../../core/select";
import { myId, type State } from "../../core/state";
import type { TextId } from "../../core/texts";
import type { Found } from "../../core/types";
import { useSelected } from "../context";
import { Failure } from "../Failure";
import { Icon } from "../Icon";
import { MessageLink } from "../MessageLink";
import { type Shown, usePanels, useUncover } from "../panels";
import { EmptyState } from "../parts/EmptyState";
import { SegmentedControl } from "../parts/SegmentedControl";
import { Skeleton } from "../parts/Skeleton";
import { useToast } from "../parts/toasts";
import { useReveal } from "../reveal";
import { alsoSaying, useText, useWords } from "../words";
import { Said } from "./Said";
import { SearchField } from "./SearchField";
import { useSearching } from "./searching";

/** Who writes on is not done yet. */
const PAUSE_MS = 300;

const partOf = ({ session, opened, conversations, users }: State) => ({ session, opened, conversations, users });

/** Looks for messages: in the conversation beside it, or in all of them. */
function Panel({ shown }: { readonly shown: Shown }) {
  const t = useText();
  const panels = usePanels();
  const state = useSelected(partOf);
  const me = myId(state);
  const { searching, search } = useSearching(me);
  const input = useRef<HTMLInputElement>(null);
  const results = useRef<HTMLUListElement>(null);
  const { conversationId, query = "" } = shown;
  const openedId = state.opened?.conversationId ?? null;
  const [text, setText] = useState(query);
  const [told, setTold] = useState(query);
  // Somebody else has asked for something, or "back" has led to what was looked for before.
  if (query !== told) {
    setTold(query);
    setText(query);
  }
  const asked = isWhole(text) ? askedFor(text, conversationId) : "";

  useEffect(() => { input.current?.focus(); }, []);

  const look = useCallback(() => {
    if (asked !== "" || text.trim() === "") {
      if (asked !== searching.store.get().words) {
        searching.find(asked);
      }
      if (text !== query) {
        setTold(text);
        panels.open(conversationId, { kind: "search", query: text });
      }
    }
  }, [asked, text, query, conversationId, panels, searching]);
  useEffect(() => {
    const timer = setTimeout(look, PAUSE_MS);
    return () => { clearTimeout(timer); };
  }, [look]);

  const remember = () => {
    if (me !== null && asked !== "") {
      rememberSearch(me, text);
    }
  };
  const write = (next: string) => {
    setText(next);
    input.current?.focus();
  };

  return (
    <div className="search" role="search">
      <SearchField
        input={input}
        value={text}
        onChange={setText}
        onEnter={() => {
          // Also for the same again: something may have been said since.
          if (asked !== "") {
            searching.find(asked);
          }
          look();
          remember();
        }}
        onDown={() => { results.current?.querySelector("button")?.focus(); }}
      />
      {openedId !== null && (
        <SegmentedControl
          label={t("search.where")}
          value={conversationId === null ? "everywhere" : "here"}
          options={[
            { value: "here", label: t("search.here") },
            { value: "everywhere", label: t("search.everywhere") },
          ]}
          onChange={(where) => { panels.open(where === "here" ? openedId : null, { kind: "search", query: text }); }}
        />
      )}
      {text.trim() === "" ? (
        <Beginning onOperator={(operator) => { write(begun(text, operator)); }} onQuery={write} />
      ) : (
        <Results
          list={results}
          search={search}
          isHere={conversationId !== null}
          onMore={() => { searching.more(); }}
          onAgain={() => { searching.again(); }}
          onEverywhere={() => { panels.open(null, { kind: "search", query: text }); }}
          onFollow={remember}
        />
      )}
    </div>
  );
}

export const SearchPanel = alsoSaying(Panel, english);

const HELP: Readonly<Record<Operator, TextId>> = { from: "search.from", in: "search.in", has: "search.has", after: "search.after", before: "search.before" };

interface BeginningProps {
  readonly onOperator: (operator: Operator) => void;
  readonly onQuery: (query: string) => void;
}

/** Before anything is written: what can be, and what was looked for lately. */
function Beginning({ onOperator, onQuery }: BeginningProps) {
  const t = useText();
  const me = useSelected(myId);
  const [recent, setRecent] = useState(() => (me === null ? [] : recentSearches(me)));
  return (
    <>
      {recent.length > 0 && me !== null && (
        <section className="search-part" aria-label={t("search.recent")}>
          <header>
            <h3>{t("search.recent")}</h3>
            <button
              className="button-link"
              type="button"
              onClick={() => {
                forgetSearches();
                setRecent([]);
              }}
            >
              {t("search.recentClear")}
            </button>
          </header>
          <ul>
            {recent.map((query) => (
              <li key={query}>
                <button className="search-row" type="button" data-testid="recent-search" onClick={() => { onQuery(query); }}>
                  <Icon name="clock" size={18} />
                  <bdi>{query}</bdi>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="search-part" aria-label={t("search.operators")}>
        <header>
          <h3>{t("search.operators")}</h3>
        </header>
        <ul>
          {OPERATORS.map((operator) => (
            <li key={operator}>
              <button className="search-row" type="button" data-testid="search-operator" onClick={() => { onOperator(operator); }}>
                <code dir="ltr">{operator}:</code>
                <span>{t(HELP[operator])}</span>
              </button>
            </li>
          ))}
        </ul>
        <p className="field-hint">{t("search.hint")}</p>
      </section>
    </>
  );
}

interface ResultsProps {
  readonly list: RefObject<HTMLUListElement | null>;
  readonly search: Search;
  readonly isHere: boolean;
  readonly onMore: () => void;
  readonly onAgain: () => void;
  readonly onEverywhere: () => void;
  readonly onFollow: () => void;
}

function Results({ list, search, isHere, onMore, onAgain, onEverywhere, onFollow }: ResultsProps) {
  const t = useText();
  const state = useSelected(partOf);
  const me = myId(state);
  const { phase, items, next, isIncomplete, failure } = search;
  const { conversations } = state;
  const found = useMemo(
    () => items.flatMap((one) => asItIs(one, conversations.get(one.entry.conversationId), me) ?? []),
    [items, conversations, me],
  );
  const isDone = phase === "found" || phase === "more";
  return (
    <>
      <p className="search-count" role="status" data-testid="search-count">
        {isDone && found.length > 0 && t(next === "" ? "search.count" : "search.countMore", { count: found.length })}
        {isDone && found.length === 0 && next === "" && t("search.none")}
        {phase === "searching" && <span className="visually-hidden">{t("search.loading")}</span>}
      </p>
      {isIncomplete && (
        <div className="notice" role="status">
          <p>{t("search.incomplete")}</p>
          <button className="button" type="button" onClick={onAgain}>{t("common.tryAgain")}</button>
        </div>
      )}
      {phase === "searching" && found.length === 0 && <Skeleton label={t("search.loading")} rows={6} />}
      {phase === "failed" && <Refused reason={failure} onAgain={onAgain} />}
      {phase === "found" && found.length === 0 && next === "" && (
        <EmptyState icon="search" title={t("search.none")}>
          <p>{t("search.noneHint")}</p>
          {isHere && <button className="button" type="button" onClick={onEverywhere}>{t("search.noneHere")}</button>}
        </EmptyState>
      )}
      <ul ref={list} className="message-links" aria-label={t("search.results")} aria-busy={phase === "searching"} data-testid="search-results" onKeyDown={step}>
        {found.map((one) => (
          <Result key={`${one.entry.conversationId}/${one.entry.seq}`} found={one} isHere={isHere} onFollow={onFollow} />
        ))}
      </ul>
      {next !== "" && phase !== "failed" && <More isBusy={phase === "more"} onMore={onMore} />}
    </>
  );
}

const namesOf = ({ session, users }: State) => ({ session, users });

function Result({ found, isHere, onFollow }: { readonly found: Found; readonly isHere: boolean; readonly onFollow: () => void }) {
  const words = useWords();
  const toast = useToast();
  const reveal = useReveal();
  const uncover = useUncover();
  const state = useSelected(namesOf);
  const { entry } = found;
  const { conversationId, seq } = entry;
  const chat = useSelected(useCallback(({ conversations }: State) => conversations.get(conversationId), [conversationId]));
  const isOpened = useSelected(useCallback(({ opened }: State) => opened?.conversationId === conversationId, [conversationId]));
  return (
    <MessageLink
      entry={entry}
      {...(isHere || chat === undefined ? {} : { from: titleOf(state, chat.conversation, words) })}
      said={<Said found={found} />}
      onFollow={() => {
        onFollow();
        // To open another conversation is a step of the history by itself, which leaves the panel behind.
        if (isOpened) {
          uncover();
        }
        void reveal(conversationId, seq).then((isThere) => {
          if (!isThere) {
            toast(words.t("messages.linkLost"));
          }
        });
      }}
    />
  );
}

/** What went wrong. What can't be understood is told in the words of the server, which name the place. */
function Refused({ reason, onAgain }: { readonly reason: unknown; readonly onAgain: () => void }) {
  const t = useText();
  if (reason instanceof Error && "reason" in reason && reason.reason === "INVALID_ARGUMENT") {
    return (
      <EmptyState icon="alert" title={t("search.badTitle")}>
        <p role="alert">
          {t("search.badHint")} <q lang="en" dir="ltr">{reason.message}</q>
        </p>
      </EmptyState>
    );
  }
  return (
    <Failure
      reason={reason}
      onRetry={() => {
        onAgain();
        return Promise.resolve();
      }}
    />
  );
}

/** Fetches the next page when it comes into sight. */
function More({ isBusy, onMore }: { readonly isBusy: boolean; readonly onMore: () => void }) {
  const t = useText();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const element = button.current;
    if (isBusy || element === null) {
      return;
    }
    const observer = new IntersectionObserver((seen) => {
      if (seen.some(({ isIntersecting }) => isIntersecting)) {
        onMore();
      }
    });
    observer.observe(element);
    return () => { observer.disconnect(); };
  }, [isBusy, onMore]);
  return (
    <button ref={button} className="button button-wide" type="button" disabled={isBusy} onClick={onMore}>
      {t(isBusy ? "search.loading" : "search.more")}
    </button>
  );
}

/** The arrow keys go from one to the next. */
function step(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") {
    return;
  }
  const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>(".message-link-body")];
  const next = buttons[buttons.indexOf(event.target as HTMLButtonElement) + (event.key === "ArrowDown" ? 1 : -1)];
  if (next !== undefined) {
    event.preventDefault();
    next.focus();
  }
}
