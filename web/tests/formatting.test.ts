import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type Format, formatOf, formatted } from "../src/core/formatting";

function after(text: string, from: number, to: number, format: Format) {
  const { from: start, to: end, text: put, selected } = formatted(text, from, to, format);
  const next = text.slice(0, start) + put + text.slice(end);
  return { next, selected, chosen: next.slice(...selected) };
}

describe("a key that formats", () => {
  it("puts the marks around what is selected, and leaves that selected", () => {
    expect(after("so good", 3, 7, "bold")).toMatchObject({ next: "so **good**", chosen: "good" });
    expect(after("so good", 3, 7, "italic").next).toBe("so _good_");
    expect(after("so good", 3, 7, "strike").next).toBe("so ~~good~~");
    expect(after("so good", 3, 7, "code").next).toBe("so `good`");
  });

  it("leaves spaces outside, where marks mean something", () => {
    expect(after("so good ", 2, 8, "bold")).toMatchObject({ next: "so **good** ", chosen: "good" });
  });

  it("puts the caret between the marks if nothing is selected", () => {
    expect(after("so ", 3, 3, "bold")).toMatchObject({ next: "so ****", selected: [5, 5] });
  });

  it("takes marks away that are selected, too", () => {
    expect(after("so **good**", 3, 11, "bold")).toMatchObject({ next: "so good", chosen: "good" });
  });

  it("takes back what it did when it is pressed again", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z ]*$/), fc.nat(), fc.nat(), fc.constantFrom<Format>("bold", "italic", "strike", "code"), (text, a, b, format) => {
        const [from = 0, to = 0] = [a % (text.length + 1), b % (text.length + 1)].sort((x, y) => x - y);
        const once = after(text, from, to, format);
        expect(after(once.next, ...once.selected, format).next).toBe(text);
      }),
    );
  });

  it("is one of four, with Ctrl or Cmd", () => {
    const key = (name: string, more = {}) => formatOf({ key: name, shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...more });
    expect([key("b", { ctrlKey: true }), key("i", { metaKey: true }), key("X", { ctrlKey: true, shiftKey: true }), key("e", { ctrlKey: true })]).toEqual(["bold", "italic", "strike", "code"]);
    expect([key("b"), key("x", { ctrlKey: true }), key("b", { ctrlKey: true, altKey: true })]).toEqual([null, null, null]);
  });
});
