/** What the user shares with the app from another one: the worker keeps it until a page asks what becomes of it. */

/** Where it is kept. */
export const SHARED_CACHE = "elastic-chat.shared";
export const SHARED_TEXT = "/shared/text";
export const SHARED_FILES = "/shared/file/";

/** The fields of public/app.webmanifest. */
export const FIELDS = { title: "title", text: "text", url: "url", files: "files" } as const;
/** What the server takes with one message. */
export const MAX_SHARED_FILES = 20;

export interface Shared {
  readonly text: string;
  readonly files: readonly File[];
}

/** One text of three: what says nothing new is left out, for many apps put the address into the text, too. */
export function textOf(parts: readonly (string | null)[]): string {
  return parts
    .map((part) => part?.trim() ?? "")
    .reduce<readonly string[]>((said, part) => (part === "" || said.some((other) => other.includes(part)) ? said : [...said.filter((other) => !part.includes(other)), part]), [])
    .join("\n");
}
