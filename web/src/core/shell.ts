/** What the service worker does with what pages ask for: the rules of the app that starts without a network. */

/** `page`: the client, newest first. `part`: a file of it that never changes. `share`: something is shared with the app. `else`: the network. */
export type Asked = "page" | "part" | "share" | "else";

/** Where the app that is installed is given what the user shares. */
export const SHARE_PATH = "/share";
/** What stands in the address of a page that is to ask what becomes of it. */
export const SHARED_HASH = "#shared";

/** Pages that are not the client: nobody needs them without a network. */
const OTHER_PAGES = /^\/(api|ops)(\.html)?$/;

/** The least that this needs of a request. */
export interface Request {
  readonly method: string;
  readonly mode: string;
  readonly url: string;
}

/** `parts` are the paths of the files that the client consists of, beside the page itself. */
export function askedFor({ method, mode, url }: Request, origin: string, parts: ReadonlySet<string>): Asked {
  const { origin: theirs, pathname } = new URL(url);
  if (theirs !== origin) {
    return "else";
  }
  if (method === "POST" && mode === "navigate" && pathname === SHARE_PATH) {
    return "share";
  }
  if (method !== "GET") {
    return "else";
  }
  if (parts.has(pathname)) {
    return "part";
  }
  // A file has a dot in its name: it is opened for itself.
  const isPage = !pathname.startsWith("/v1/") && !OTHER_PAGES.test(pathname) && !pathname.includes(".");
  return mode === "navigate" && (isPage || pathname === "/index.html") ? "page" : "else";
}

/** What a page and a worker tell each other about builds. */
export type BuildWord =
  /** A page to a worker that waits: which build it is of. */
  | { readonly type: "build"; readonly build: string }
  /** A worker that waits, to that page: it is of another build. */
  | { readonly type: "waits" }
  /** A page to a worker that waits: its user wants the new version. */
  | { readonly type: "take_over" };

/** Null for what is no such word. */
export function buildWordFrom(value: unknown): BuildWord | null {
  const { type, build } = (typeof value === "object" && value !== null ? value : {}) as { readonly type?: unknown; readonly build?: unknown };
  switch (type) {
    case "build":
      return typeof build === "string" ? { type, build } : null;
    case "waits":
    case "take_over":
      return { type };
    default:
      return null;
  }
}
