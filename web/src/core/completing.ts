/** What is being written that can be completed: a name behind `@`, an emoji behind `:`, a command behind `/`. */

export interface Completion {
  readonly kind: "mention" | "emoji" | "command";
  /** Where it begins, at its sign, and where the caret is. */
  readonly from: number;
  readonly to: number;
  /** What is written behind the sign. */
  readonly query: string;
}

/** What is about to be completed ends at the caret. Its sign stands at the beginning of a word. */
const WORD = /(?:^|[\s([{"'“„«*_~])([@:])([\p{L}\p{M}\p{N}._+-]{0,40})$/u;
const COMMAND = /^\/(\p{L}{0,20})$/u;
/** A colon followed by less is a smiley, or the end of a clause. */
const MIN_EMOJI = 2;

/** Null where there is nothing to complete, as within code. */
export function completionAt(text: string, caret: number): Completion | null {
  const before = text.slice(0, caret);
  const command = COMMAND.exec(before);
  if (command !== null) {
    return { kind: "command", from: 0, to: caret, query: command[1] ?? "" };
  }
  const [, sign, query = ""] = WORD.exec(before) ?? [];
  if (sign === undefined || isCode(before) || (sign === ":" && query.length < MIN_EMOJI)) {
    return null;
  }
  return { kind: sign === "@" ? "mention" : "emoji", from: caret - query.length - 1, to: caret, query };
}

/** Whether a mark of code is open at the end. */
function isCode(before: string): boolean {
  return before.split("```").length % 2 === 0 || (before.split("\n").at(-1) ?? "").replaceAll("```", "").split("`").length % 2 === 0;
}

/** What is put in the place of what was written, with a space behind it unless there is one. */
export function completed(text: string, { to }: Completion, put: string): string {
  return /^\s/.test(text.slice(to)) ? put : `${put} `;
}
