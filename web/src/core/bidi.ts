/** Keeps apart what is written from left to right and from right to left, where one stands in the other. */

const [FIRST_STRONG, END] = ["\u2068", "\u2069"];
/** Letters that are written from right to left, and signs that turn the direction. */
const TURNS = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const ISOLATES = /[\u2066-\u2069]/g;

/** A text as it must stand in a sentence, so that neither moves a word of the other. Most need nothing. */
export function isolated(text: string, around: "ltr" | "rtl"): string {
  return text !== "" && (around === "rtl" || TURNS.test(text)) ? `${FIRST_STRONG}${closed(text)}${END}` : text;
}

/** Nothing in a text may end what surrounds it, or go on behind it. */
function closed(text: string): string {
  let depth = 0;
  const kept = text.replace(ISOLATES, (sign) => {
    if (sign !== END) {
      depth += 1;
      return sign;
    }
    depth -= 1;
    return depth < 0 ? ((depth = 0), "") : sign;
  });
  return kept + END.repeat(depth);
}
