/**
 * What a text shows: a part of CommonMark (with strikethrough as GitHub has it), read into a tree that has no place for anything else.
 *
 * HTML, images, headings, tables, rules and entities mean nothing and stay as they were typed, as does what is nested deeper than anyone means it.
 */

import type { Nodes, PhrasingContent, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmStrikethroughFromMarkdown } from "mdast-util-gfm-strikethrough";
import { gfmStrikethrough } from "micromark-extension-gfm-strikethrough";

import { isAddress, segments } from "./links";
import { SWITCHED_OFF } from "./unread";

export type Span =
  | { readonly type: "text" | "code"; readonly text: string }
  | { readonly type: "strong" | "emphasis" | "deleted"; readonly spans: readonly Span[] }
  | { readonly type: "link"; readonly href: string; readonly spans: readonly Span[] };

export type Block =
  | { readonly type: "paragraph"; readonly spans: readonly Span[] }
  | { readonly type: "code"; readonly text: string }
  | { readonly type: "quote"; readonly blocks: readonly Block[] }
  /** `start` is the number of the first item, or null for a list without numbers. */
  | { readonly type: "list"; readonly start: number | null; readonly items: readonly (readonly Block[])[] };

const MAX_DEPTH = 8;
/** What opens lists and quotes, at the beginnings of lines. The parser's time grows faster than their number, to seconds in one message. */
const OPENINGS = /^(?:[ \t]*(?:[-+*>]|\d{1,9}[.)]))+/gmu;
const MAX_OPENINGS = 600;

const OPTIONS = {
  extensions: [
    gfmStrikethrough({ singleTilde: false }),
    { disable: { null: [...SWITCHED_OFF] } },
  ],
  mdastExtensions: [gfmStrikethroughFromMarkdown()],
};

/** Reads a text. */
export function blocks(text: string): readonly Block[] {
  return isPlain(text) || isEndless(text) ? [{ type: "paragraph", spans: addressed(text) }] : new Reader(text).blocks(fromMarkdown(text, OPTIONS).children, 0);
}

/** The first address that a text leads to, in what order it is shown; null if it leads nowhere. */
export function firstLink(text: string): string | null {
  return blocks(text).flatMap(hrefsOfBlock)[0] ?? null;
}

function hrefsOfBlock(block: Block): readonly string[] {
  switch (block.type) {
    case "paragraph":
      return block.spans.flatMap(hrefsOfSpan);
    case "code":
      return [];
    case "quote":
      return block.blocks.flatMap(hrefsOfBlock);
    case "list":
      return block.items.flat().flatMap(hrefsOfBlock);
  }
}

function hrefsOfSpan(span: Span): readonly string[] {
  switch (span.type) {
    case "text":
    case "code":
      return [];
    case "link":
      return [span.href];
    case "strong":
    case "emphasis":
    case "deleted":
      return span.spans.flatMap(hrefsOfSpan);
  }
}

/** What a text says, without its marks, for where it is shown in a line. */
export function plainText(text: string): string {
  return blocks(text).map(blockWords).join(" ");
}

function blockWords(block: Block): string {
  switch (block.type) {
    case "paragraph":
      return spanWords(block.spans);
    case "code":
      return block.text;
    case "quote":
      return block.blocks.map(blockWords).join(" ");
    case "list":
      return block.items.flatMap((item) => item.map(blockWords)).join(" ");
  }
}

/** The words of spans, without what they look like. */
export function spanWords(spans: readonly Span[]): string {
  return spans.map((span) => ("spans" in span ? spanWords(span.spans) : span.text)).join("");
}

/** Most texts have nothing in them that could mean anything, and are not worth a parser. */
function isPlain(text: string): boolean {
  return !/[*_~`[\]<>\\]|^\s*(?:[-+]|\d+[.)])\s|\n\s*\n/mu.test(text);
}

function isEndless(text: string): boolean {
  return (text.match(OPENINGS) ?? []).join("").length > MAX_OPENINGS;
}

type Words = (text: string) => readonly Span[];

const plain: Words = (text) => [{ type: "text", text }];
const addressed: Words = (text) =>
  segments(text).map((one) => (one.type === "link" ? { type: "link", href: one.href, spans: plain(one.text) } : one));

class Reader {
  constructor(private readonly source: string) {}

  blocks(nodes: readonly RootContent[], depth: number): readonly Block[] {
    return nodes.map((node) => (depth < MAX_DEPTH ? this.block(node, depth) : null) ?? { type: "paragraph", spans: this.typed(node) });
  }

  private block(node: RootContent, depth: number): Block | null {
    switch (node.type) {
      case "paragraph":
        return { type: "paragraph", spans: this.spans(node.children, depth, addressed) };
      case "code":
        return { type: "code", text: node.value };
      case "blockquote":
        return { type: "quote", blocks: this.blocks(node.children, depth + 1) };
      case "list": {
        const items = node.children.map((item) => this.blocks(item.children, depth + 1));
        return { type: "list", start: node.ordered === true ? (node.start ?? 1) : null, items };
      }
      default:
        return null;
    }
  }

  private spans(nodes: readonly PhrasingContent[], depth: number, words: Words): readonly Span[] {
    return nodes.flatMap((node) => {
      if (node.type === "text") {
        return words(node.value);
      }
      return (depth < MAX_DEPTH ? this.span(node, depth + 1, words) : null) ?? this.typed(node);
    });
  }

  private span(node: PhrasingContent, depth: number, words: Words): readonly Span[] | null {
    switch (node.type) {
      case "inlineCode":
        return [{ type: "code", text: node.value }];
      case "break":
        return plain("\n");
      case "strong":
      case "emphasis":
        return [{ type: node.type, spans: this.spans(node.children, depth, words) }];
      case "delete":
        return [{ type: "deleted", spans: this.spans(node.children, depth, words) }];
      case "link":
        return isAddress(node.url) ? [{ type: "link", href: node.url, spans: this.spans(node.children, depth, plain) }] : null;
      default:
        return null;
    }
  }

  private typed(node: Nodes): readonly Span[] {
    return plain(this.source.slice(node.position?.start.offset, node.position?.end.offset));
  }
}
