/** How long a new password would hold: a hint for who chooses one, not a rule. The server's rule is its length. */

export type Strength = "short" | "weak" | "fair" | "good";

/** What the server asks for at least. */
export const LEAST = 8;
const FAIR_BITS = 45;
const GOOD_BITS = 65;

/** What is tried first. */
const COMMON = ["password", "passwort", "contraseña", "qwerty", "qwertz", "azerty", "letmein", "welcome", "iloveyou", "abc", "123", "admin", "dragon", "football", "monkey"];

/** `known` are words that others know of the user, such as their user name. */
export function strengthOf(password: string, known: readonly string[] = []): Strength {
  if (Array.from(password).length < LEAST) {
    return "short";
  }
  const bits = bitsOf(password.toLowerCase(), password, [...COMMON, ...known.map((word) => word.toLowerCase())]);
  return bits >= GOOD_BITS ? "good" : bits >= FAIR_BITS ? "fair" : "weak";
}

/** A word that is tried first counts as one sign, and so does what repeats or goes on by one. */
function bitsOf(lower: string, password: string, words: readonly string[]): number {
  const short = words.filter((word) => word.length > 2).reduce((text, word) => text.replaceAll(word, "\u0000"), lower);
  const signs = Array.from(short);
  const counted = signs.filter((sign, index) => !follows(signs[index - 1], sign)).length;
  return counted * Math.log2(alphabetOf(password));
}

function follows(before: string | undefined, sign: string): boolean {
  return before !== undefined && Math.abs((sign.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0)) <= 1;
}

/** Of how many signs it seems to be made. */
function alphabetOf(password: string): number {
  const kinds: readonly (readonly [RegExp, number])[] = [
    [/\p{Ll}/u, 26],
    [/\p{Lu}/u, 26],
    [/\p{Lo}/u, 100],
    [/\p{N}/u, 10],
    [/[^\p{L}\p{N}]/u, 30],
  ];
  return kinds.reduce((sum, [kind, size]) => sum + (kind.test(password) ? size : 0), 0);
}
