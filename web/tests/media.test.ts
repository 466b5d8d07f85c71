import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isSeen, kindOf, mediaOf } from "../src/core/media";
import { initial, update } from "../src/core/state";
import type { Entry, FileId, FileRef } from "../src/core/types";
import { moved, swiped, WHOLE, zoomed } from "../src/core/zoom";
import { ANNA, changing, chatIn, group, ME, message, photo, saying, summary } from "./make";

const film: FileRef = { ...photo, fileId: "film" as FileId, mediaType: "video/mp4" };
const song: FileRef = { ...photo, fileId: "song" as FileId, mediaType: "audio/ogg", width: 0, height: 0 };
const paper: FileRef = { ...photo, fileId: "paper" as FileId, mediaType: "application/pdf", width: 0, height: 0 };

function chatWith(...entries: readonly Entry[]) {
  const listed = update(update(initial, { type: "signed_in", userId: ME, outbox: [] }), { type: "conversations_listed", summaries: [summary(group, message(1), 1, 0)] });
  return chatIn(entries.reduce((state, entry) => update(state, { type: "entry_came", entry }), listed));
}

describe("files", () => {
  it("are of a kind by what the server says of them", () => {
    expect([photo, film, song, paper].map(kindOf)).toEqual(["picture", "film", "recording", "other"]);
    expect(kindOf({ ...photo, mediaType: "image/svg+xml" })).toBe("other");
    expect(kindOf({ ...photo, width: 0 })).toBe("other");
    expect([photo, film, song, paper].filter(isSeen)).toEqual([photo, film]);
  });

  it("of a conversation are looked through from the oldest, but for what is deleted or hidden", () => {
    const chat = chatWith(saying(2, { files: [paper, photo] }), saying(3, { files: [film] }), saying(4, { files: [{ ...photo, fileId: "gone" as FileId }] }), changing(5, { type: "deletion" }, ANNA, 4));
    expect(mediaOf(chat, ME).map(({ file }) => file.fileId)).toEqual([photo.fileId, film.fileId]);
    expect(mediaOf({ ...chat, hidden: new Set([2]) }, ME).map(({ file }) => file.fileId)).toEqual([film.fileId]);
    expect(mediaOf(chat, ME)[0]).toMatchObject({ senderId: ANNA, at: 2_000 });
  });
});

describe("a picture", () => {
  const picture = { width: 400, height: 300 };
  const place = { width: 400, height: 600 };

  it("is made larger around the point that is pointed at", () => {
    const view = zoomed(WHOLE, 2, { x: 100, y: 0 }, picture, place);
    expect(view).toEqual({ scale: 2, x: -100, y: 0 });
    // The point of the picture under the pointer is the same as before.
    expect((100 - view.x) / view.scale).toBe(100);
  });

  it("is never smaller than its place allows, and whole again then", () => {
    expect(zoomed({ scale: 3, x: 200, y: 50 }, 0, WHOLE, picture, place)).toEqual(WHOLE);
    expect(zoomed(WHOLE, 100, WHOLE, picture, place).scale).toBe(8);
  });

  it("is moved as far as its edges", () => {
    expect(moved({ scale: 2, x: 0, y: 0 }, { x: 1_000, y: 1_000 }, picture, place)).toEqual({ scale: 2, x: 200, y: 0 });
    expect(moved(WHOLE, { x: 50, y: 50 }, picture, place)).toEqual(WHOLE);
  });

  it("leaves nothing of its place empty that it could fill", () => {
    const number = fc.double({ min: -500, max: 500, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double({ min: 0.2, max: 4, noNaN: true }), number, number), { maxLength: 12 }), (steps) => {
        const view = steps.reduce((before, [factor, x, y]) => zoomed(moved(before, { x, y }, picture, place), factor, { x, y }, picture, place), WHOLE);
        expect(Math.abs(view.x)).toBeLessThanOrEqual(Math.max(0, picture.width * view.scale - place.width) / 2);
        expect(Math.abs(view.y)).toBeLessThanOrEqual(Math.max(0, picture.height * view.scale - place.height) / 2);
      }),
    );
  });

  it("is swiped sideways to the next, along the writing, and down to close it", () => {
    expect(swiped({ x: -80, y: 10 }, false)).toBe("next");
    expect(swiped({ x: -80, y: 10 }, true)).toBe("previous");
    expect(swiped({ x: 80, y: 10 }, false)).toBe("previous");
    expect(swiped({ x: 10, y: 150 }, false)).toBe("close");
    expect(swiped({ x: 20, y: 20 }, false)).toBeNull();
    expect(swiped({ x: 10, y: -150 }, false)).toBeNull();
  });
});
