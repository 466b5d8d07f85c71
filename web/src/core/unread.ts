/** What of CommonMark means nothing in a text, by the parser's names. */
export const SWITCHED_OFF: readonly string[] = [
  "characterReference",
  "codeIndented",
  "definition",
  "headingAtx",
  "htmlFlow",
  "htmlText",
  "labelStartImage",
  "setextUnderline",
  "thematicBreak",
];
