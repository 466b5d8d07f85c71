import { type ReactNode, useEffect, useRef } from "react";

export interface Suggestion {
  readonly key: string;
  /** What stands before the name: a face, an emoji, a sign. */
  readonly sign: ReactNode;
  readonly title: string;
  readonly note: string;
  /** The direction of the note, where it is always the same. */
  readonly noteDirection?: "ltr";
}

interface SuggestionsProps {
  readonly id: string;
  readonly label: string;
  readonly suggestions: readonly Suggestion[];
  /** The one that Enter takes. */
  readonly at: number;
  readonly onPoint: (at: number) => void;
  readonly onPick: (at: number) => void;
}

/** The list above a field of what can complete what is being written. The keyboard stays in the field, which names the chosen one. */
export function Suggestions({ id, label, suggestions, at, onPoint, onPick }: SuggestionsProps) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => { list.current?.children[at]?.scrollIntoView({ block: "nearest" }); }, [at]);
  return (
    <ul ref={list} id={id} className="suggestions" role="listbox" aria-label={label} data-testid="suggestions">
      {suggestions.map(({ key, sign, title, note, noteDirection }, index) => (
        <li
          key={key}
          id={optionId(id, index)}
          className="choice-row"
          role="option"
          aria-selected={index === at}
          data-testid="suggestion"
          // The field keeps the keyboard.
          onPointerDown={(event) => { event.preventDefault(); }}
          onPointerMove={() => { onPoint(index); }}
          onClick={() => { onPick(index); }}
        >
          <span className="suggestion-sign" aria-hidden="true">{sign}</span>
          <span className="choice-title"><bdi>{title}</bdi></span>
          {note !== "" && <span className="choice-note" dir={noteDirection ?? "auto"}>{note}</span>}
        </li>
      ))}
    </ul>
  );
}

export function optionId(listId: string, at: number): string {
  return `${listId}-${at}`;
}
