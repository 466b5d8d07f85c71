/** User names as people write them. */

/** People write them with the sign that they are shown with. */
export function named(text: string): string {
  return text.trim().replace(/^@/, "").toLowerCase();
}

/** Several of them, with spaces, commas or semicolons between. */
export function listed(text: string): readonly string[] {
  return text.split(/[\s,;]+/).map(named).filter((name) => name !== "");
}
