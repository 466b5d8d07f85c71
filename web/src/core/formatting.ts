/** The marks of Markdown that a key puts around what is selected, or takes away again. */

export type Format = "bold" | "italic" | "strike" | "code";

const MARKS: Readonly<Record<Format, string>> = { bold: "**", italic: "_", strike: "~~", code: "`" };

/** What to put in the place of what stands from `from` to `to`, and which part of that is selected then. */
export interface Replacement {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly selected: readonly [from: number, to: number];
}

/** Formats what is selected, but for spaces at its ends, around which marks mean nothing; or the other way round if it has the marks already. */
export function formatted(text: string, selectedFrom: number, selectedTo: number, format: Format): Replacement {
  const mark = MARKS[format];
  const chosen = text.slice(selectedFrom, selectedTo);
  const from = chosen.trim() === "" ? selectedFrom : selectedFrom + chosen.length - chosen.trimStart().length;
  const to = chosen.trim() === "" ? selectedTo : selectedTo - (chosen.length - chosen.trimEnd().length);
  const inner = text.slice(from, to);
  if (text.slice(0, from).endsWith(mark) && text.slice(to).startsWith(mark)) {
    return replacement(from - mark.length, to + mark.length, inner, 0);
  }
  if (inner.length > 2 * mark.length && inner.startsWith(mark) && inner.endsWith(mark)) {
    return replacement(from, to, inner.slice(mark.length, -mark.length), 0);
  }
  return replacement(from, to, `${mark}${inner}${mark}`, mark.length);
}

/** `margin`: how much of the new text stands on either side of what is selected. */
function replacement(from: number, to: number, text: string, margin: number): Replacement {
  return { from, to, text, selected: [from + margin, from + text.length - margin] };
}

interface Key {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/** What a key formats; null for any other key. */
export function formatOf({ key, shiftKey, altKey, ctrlKey, metaKey }: Key): Format | null {
  if (ctrlKey === metaKey || altKey) {
    return null;
  }
  const pressed = `${shiftKey ? "shift+" : ""}${key.toLowerCase()}`;
  return FORMATS[pressed] ?? null;
}

const FORMATS: Readonly<Record<string, Format>> = { b: "bold", i: "italic", "shift+x": "strike", e: "code" };
