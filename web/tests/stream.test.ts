import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { current, MAX_STREAMS, type Part, type Streams, STREAM_SHOWN_MS, told } from "../src/core/stream";
import { ANNA, BEN, id } from "./make";

const part = (offset: number, text: string, messageId = id("m1")): Part => ({ messageId, senderId: ANNA, offset, text });
const after = (...parts: readonly Part[]): Streams => parts.reduce<Streams>((streams, one) => told(streams, one, 1_000), []);
const texts = (streams: Streams) => streams.map(({ text }) => text);
const bytes = (text: string) => new TextEncoder().encode(text).length;

describe("a message that is still being made", () => {
  it("grows by the parts that fit", () => {
    expect(texts(after(part(0, "Once"), part(4, " upon"), part(9, " a time")))).toEqual(["Once upon a time"]);
  });

  it("stays as it is from where a part is missing, until it begins anew", () => {
    const holed = after(part(0, "Once"), part(9, " a time"), part(16, "!"));
    expect(texts(holed)).toEqual(["Once"]);
    expect(texts(told(holed, part(0, "Once upon a time!"), 2_000))).toEqual(["Once upon a time!"]);
    expect(after(part(4, " upon"))).toEqual([]);
  });

  it("takes a part once, however often it comes", () => {
    expect(texts(after(part(0, "Tea"), part(3, ", Otto"), part(3, ", Otto")))).toEqual(["Tea, Otto"]);
  });

  it("is what was cut into parts, whatever it is written in", () => {
    const text = fc.array(fc.string({ unit: "grapheme", minLength: 1 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(text, (pieces) => {
        const offsets = pieces.map((_, index) => bytes(pieces.slice(0, index).join("")));
        expect(texts(after(...pieces.map((piece, index) => part(offsets[index] ?? 0, piece))))).toEqual([pieces.join("")]);
      }),
    );
  });

  it("belongs to whom it began with", () => {
    expect(texts(told(after(part(0, "mine")), { ...part(0, "yours"), senderId: BEN }, 2_000))).toEqual(["mine"]);
  });

  it("is shown for as long as something comes, and a while longer", () => {
    const streams = after(part(0, "Once"));
    expect(current(streams, 1_000 + STREAM_SHOWN_MS - 1)).toBe(streams);
    expect(current(streams, 1_000 + STREAM_SHOWN_MS)).toEqual([]);
    const later = told(streams, part(9, "lost what came before"), 5_000);
    expect(texts(current(later, 1_000 + STREAM_SHOWN_MS))).toEqual(["Once"]);
  });

  it("is one of a few, none of which grows beyond what a message may have", () => {
    const many = after(...Array.from({ length: MAX_STREAMS + 2 }, (_, index) => part(0, `${index}`, id(`m${index}`))));
    expect(texts(many)).toEqual(Array.from({ length: MAX_STREAMS }, (_, index) => `${index + 2}`));
    const full = after(part(0, "x".repeat(16 * 1024)), part(16 * 1024, "y"));
    expect(full[0]?.size).toBe(16 * 1024);
  });
});
