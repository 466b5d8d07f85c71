/** Finds the web addresses in a text. */

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
