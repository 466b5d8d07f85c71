/** Finds the web addresses in a text, and what about them may deceive who reads them. */

export type Segment = { readonly type: "text"; readonly text: string } | { readonly type: "link"; readonly text: string; readonly href: string };

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/giu;
/** What follows an address at the end of a sentence is not part of it. */
const TRAILING = /[.,:;!?…)\]}]+$/u;

/** Cuts a text into plain parts and http(s) links; put together again they are the text. */
export function segments(text: string): readonly Segment[] {
  const parts: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    if (!isAddress(address)) {
      continue;
    }
    if (match.index > end) {
      parts.push({ type: "text", text: text.slice(end, match.index) });
    }
    parts.push({ type: "link", text: address, href: address });
    end = match.index + address.length;
  }
  if (end < text.length) {
    parts.push({ type: "text", text: text.slice(end) });
  }
  return parts;
}

/** Leaves a closing bracket in the address if it was opened there, as in many encyclopedia addresses. */
function trimmed(address: string): string {
  const short = address.replace(TRAILING, "");
  const isBalanced = address.startsWith(`${short})`) && short.split("(").length > short.split(")").length;
  return isBalanced ? `${short})` : short;
}

/** Tells whether an address is one of the web: no other may be followed. */
export function isAddress(address: string): boolean {
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}

/**
 * Why a link may lead elsewhere than it seems: `user_info`: what stands before an "@" looks like the host; `encoded`: the host is written so
 * that nobody can read it; `scripts`: letters of one script among or in place of those of another; `text`: the words of the link name another
 * host.
 */
export type Doubt = "user_info" | "encoded" | "scripts" | "text";

/** What must be shown before somebody follows an address whose words are `text`: null if it leads where it seems to lead. Takes what `isAddress` takes. */
export function doubtOf(address: string, text: string): Doubt | null {
  const { hostname, username, password } = new URL(address);
  if (username !== "" || password !== "" || /^https?:[\\/]*[^\\/?#]*@/iu.test(address)) {
    return "user_info";
  }
  if (hostname.split(".").some((label) => label.startsWith(ENCODED))) {
    const written = writtenHost(address);
    if (written.includes(ENCODED) || written.includes("%") || !/[^\p{ASCII}]/u.test(written)) {
      return "encoded";
    }
    if (written.split(".").some(isMixed)) {
      return "scripts";
    }
  }
  const named = hostNamedBy(text);
  return named === null || bare(named) === bare(hostname) ? null : "text";
}

/** The host that is really asked, in letters that are not taken for others. */
export function hostOf(address: string): string {
  return new URL(address).host;
}

const ENCODED = "xn--";
/** Each by itself, or together: as the languages that use them write. */
const TOGETHER = [
  /^[\p{Script=Latin}\p{N}-]*$/u,
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Latin}\p{N}-]*$/u,
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Latin}\p{N}-]*$/u,
  /^[\p{Script=Han}\p{Script=Bopomofo}\p{Script=Latin}\p{N}-]*$/u,
  ...["Cyrillic", "Greek", "Arabic", "Hebrew", "Devanagari", "Bengali", "Tamil", "Thai", "Georgian", "Armenian"].map(
    (script) => new RegExp(`^[\\p{Script=${script}}\\p{M}\\p{N}-]*$`, "u"),
  ),
];
/** Letters of other scripts that look like Latin ones: a name of nothing else is a Latin name to who reads it. */
const LOOK_LATIN = /^[аеорсухіјѕһԁԛԝѡьпгүѵҽӏасвкмнтοαινυκρτχեօսոհցզ\p{N}-]*$/u;

function isMixed(label: string): boolean {
  return !TOGETHER.some((letters) => letters.test(label)) || (LOOK_LATIN.test(label) && /\p{L}/u.test(label));
}

/** The host as it stands in the address, in small letters of their usual forms. */
function writtenHost(address: string): string {
  const [, host = ""] = /^https?:[\\/]*([^\\/?#:]*)/iu.exec(address) ?? [];
  return host.normalize("NFKC").toLowerCase().replaceAll(/[。．｡]/gu, ".").replaceAll(INVISIBLE, "");
}

const INVISIBLE = /[\p{Cf}\u00ad]/gu;
const NAMES_HOST = /^(?:[a-z][a-z\d+.-]*:[\\/]*)?(?:[^\s\\/?#@]*@)?((?:[\p{L}\p{N}\p{M}_-]+\.)+\p{L}[\p{L}\p{N}\p{M}-]+)\.?(?::\d+)?(?:[\\/?#].*)?$/iu;

/** The host that a text seems to lead to; null if it names none. */
function hostNamedBy(text: string): string | null {
  const [, named] = NAMES_HOST.exec(text.normalize("NFKC").replaceAll(INVISIBLE, "").trim()) ?? [];
  if (named === undefined || !URL.canParse(`http://${named}`)) {
    return null;
  }
  return new URL(`http://${named}`).hostname;
}

function bare(host: string): string {
  return host.toLowerCase().replace(/^www\./u, "").replace(/\.$/u, "");
}
