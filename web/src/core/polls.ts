/** What is being asked of everyone, before it is. */

import type { Poll } from "./types";

export const MIN_ANSWERS = 2;
/** What the server takes: so many answers, of so many characters each. */
export const MAX_ANSWERS = 20;
export const MAX_ANSWER = 200;

/** A poll that is being made. */
export interface Asking {
  readonly question: string;
  /** The last one is empty, while there is room for one more. */
  readonly answers: readonly string[];
  readonly isMultiple: boolean;
  /** 0 if only its sender closes it. */
  readonly closesAfterS: number;
}

/** Why it can't be asked yet: too little is written, or one answer twice. */
export type Problem = "incomplete" | "twice";

/** The answers that are written, and why they can't be asked for yet; null if they can. */
export function checked({ question, answers }: Asking): { readonly options: readonly string[]; readonly problem: Problem | null } {
  const options = answers.map((answer) => answer.trim()).filter((answer) => answer !== "");
  if (new Set(options).size < options.length) {
    return { options, problem: "twice" };
  }
  return { options, problem: question.trim() === "" || options.length < MIN_ANSWERS ? "incomplete" : null };
}

/** The poll, if it is asked `now`. */
export function asked(asking: Asking, now: number): Poll {
  const { isMultiple, closesAfterS } = asking;
  return { options: checked(asking).options, isMultiple, closesAt: closesAfterS === 0 ? null : now + closesAfterS * 1_000 };
}

/** With another answer at a place, and room for one more. */
export function withAnswer(answers: readonly string[], at: number, answer: string): readonly string[] {
  return roomy(answers.map((one, index) => (index === at ? answer : one)));
}

export function withoutAnswer(answers: readonly string[], at: number): readonly string[] {
  return roomy(answers.filter((_, index) => index !== at));
}

function roomy(answers: readonly string[]): readonly string[] {
  const isFull = answers.at(-1) !== "" || answers.length < MIN_ANSWERS;
  return isFull && answers.length < MAX_ANSWERS ? [...answers, ""] : answers;
}
