import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { blocks, type Block, plainText, type Span } from "../src/core/markdown";

const spansOf = (text: string): readonly Span[] => {
  const [block, ...more] = blocks(text);
  expect(more).toEqual([]);
  return block?.type === "paragraph" ? block.spans : [];
};
const said = (text: string): Span => ({ type: "text", text });

/** Everything in a tree that is shown as text or leads somewhere. */
function leaves(tree: readonly (Block | Span)[]): { words: string[]; addresses: string[] } {
  const found = { words: [] as string[], addresses: [] as string[] };
  const visit = (one: Block | Span) => {
    if ("text" in one) {
      found.words.push(one.text);
    }
    if ("href" in one) {
      found.addresses.push(one.href);
    }
    ("spans" in one ? one.spans : "blocks" in one ? one.blocks : "items" in one ? one.items.flat() : []).forEach(visit);
  };
  tree.forEach(visit);
  return found;
}

describe("a text", () => {
  it("without marks is what it is, with its lines", () => {
    expect(blocks("Hello, Ben!\nSee you at 10.")).toEqual([{ type: "paragraph", spans: [said("Hello, Ben!\nSee you at 10.")] }]);
  });

  it("has emphasis, code and links", () => {
    expect(spansOf("**a** *b* ~~c~~ `d` [e](https://e.example)")).toEqual([
      { type: "strong", spans: [said("a")] },
      said(" "),
      { type: "emphasis", spans: [said("b")] },
      said(" "),
      { type: "deleted", spans: [said("c")] },
      said(" "),
      { type: "code", text: "d" },
      said(" "),
      { type: "link", href: "https://e.example", spans: [said("e")] },
    ]);
  });

  it("has code, quotes and lists", () => {
    expect(blocks("```py\nx = 1\n```\n\n> a\n\n- b\n- c\n\n3. d")).toEqual([
      { type: "code", text: "x = 1" },
      { type: "quote", blocks: [{ type: "paragraph", spans: [said("a")] }] },
      { type: "list", start: null, items: [[{ type: "paragraph", spans: [said("b")] }], [{ type: "paragraph", spans: [said("c")] }]] },
      { type: "list", start: 3, items: [[{ type: "paragraph", spans: [said("d")] }]] },
    ]);
  });

  it.each([
    "# heading",
    "heading\n===",
    "<b onclick=alert(1)>x</b>",
    "<!-- x -->",
    "&lt;b&gt; &#x41;",
    "[a]: https://a.example",
    "| a | b |\n|---|---|",
    "***",
    "---",
    "a\n---",
    "    four spaces",
    "~one~",
    "snake_case_name, 2 * 3 * 4",
  ])("means nothing else by %j", (text) => {
    expect(leaves(blocks(text)).words.join("").trim()).toBe(text.trim());
    expect(blocks(text).map((block) => block.type)).toEqual(["paragraph"]);
  });

  it("leads to the web and nowhere else", () => {
    const address = fc.constantFrom("https://a.example/", "HTTP://B.example", "javascript:alert(1)", "data:text/html,x", "//a.example", "/ops", "mailto:a@b.c", " java\nscript:x");
    const form = fc.constantFrom((to: string) => `[x](${to})`, (to: string) => `[x](<${to}>)`, (to: string) => `<${to}>`, (to: string) => `![x](${to})`, (to: string) => `[${to}](${to})`);
    fc.assert(
      fc.property(address, form, (to, write) => {
        expect(leaves(blocks(write(to))).addresses.every((href) => /^https?:\/\//iu.test(href))).toBe(true);
      }),
    );
    expect(leaves(blocks("[x](javascript:alert(1))")).words).toEqual(["[x](javascript:alert(1))"]);
    expect(leaves(blocks("[https://a.example](https://b.example)")).addresses).toEqual(["https://b.example"]);
  });

  it("is read whatever it is, and never deeper than anyone means it", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("*", "**", "_", "~~", "`", "```\n", "> ", "- ", "1. ", "\n", "\n\n", "[", "](", ")", "<", ">", "\\", "!", "https://a.example", "a"),
    );
    const deepest = (tree: readonly (Block | Span)[]): number =>
      Math.max(0, ...tree.map((one) => 1 + deepest("spans" in one ? one.spans : "blocks" in one ? one.blocks : "items" in one ? one.items.flat() : [])));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        expect(deepest(blocks(pieces.join("")))).toBeLessThan(20);
      }),
    );
  });

  it("is a line of words where there is no room for more", () => {
    expect(plainText("**a** [b *c*](https://e.example) `d`\n\n> e\n\n- f\n- g\n\n```\nh\n```")).toBe("a b c d e f g h");
    expect(plainText("snake_case 2 * 3")).toBe("snake_case 2 * 3");
  });

  it("of many lists and quotes is shown as it was typed, and of as many as anyone writes is not", () => {
    expect(blocks("- a\n".repeat(300)).map((block) => block.type)).toEqual(["list"]);
    expect(blocks("- a\n".repeat(700)).map((block) => block.type)).toEqual(["paragraph"]);
  });

  it.each(["> ", "- ", "*", "**a ", "[", "![", "`", "~~", "_a", "<", "](", "\\", "1. ", "- - - - a\n", "> > > > a\n", "1. 1. 1. 1. a\n", " - a\n"])("of the greatest length that is nothing but %j is read", (mark) => {
    expect(leaves(blocks(mark.repeat(Math.floor(16_384 / mark.length)))).words.length).toBeGreaterThan(0);
  });
});
