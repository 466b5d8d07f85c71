/**
 * Entities mean nothing in a text. The parser asks for the name of each in the words of a link all the same, and would have the browser read it
 * as HTML, which the policy of the page forbids.
 */
export function decodeNamedCharacterReference(): false {
  return false;
}
