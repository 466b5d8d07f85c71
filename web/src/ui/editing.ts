/** Changes what is written in a field as if it were typed: the browser can undo it. */

/** Puts `text` in the place of what is selected, or where the caret is. */
export function replaceSelection(field: HTMLTextAreaElement, text: string): void {
  field.focus();
  // The call is old, and the only one after which Ctrl+Z takes back what was put in.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const isDone = typeof document.execCommand === "function" && document.execCommand("insertText", false, text);
  if (!isDone) {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Puts `text` in the place of what stands from `from` to `to`. */
export function replaceRange(field: HTMLTextAreaElement, from: number, to: number, text: string): void {
  field.setSelectionRange(from, to);
  replaceSelection(field, text);
}
