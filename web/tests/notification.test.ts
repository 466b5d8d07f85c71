import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isRead, linesOf, type MessageNews, NAMELESS, newsFrom, pathOf } from "../src/core/notification";
import { ENGLISH } from "./english";
import { ANNA, ROOM } from "./make";

const SAYS = { type: "message", conversationId: ROOM, seq: "12", messageId: "m", senderId: ANNA, mentioned: false, text: "Hi", badge: 3 };
const NEWS: MessageNews = { type: "message", conversationId: ROOM, seq: 12, senderId: ANNA, isMentioned: false, text: "Hi", badge: 3 };
const NAMES = { users: { [ANNA]: "Anna" }, titles: { [ROOM]: "Climbers" } };

describe("what a push says", () => {
  it("is understood, with what may be left out of it", () => {
    expect(newsFrom(SAYS)).toEqual(NEWS);
    expect(newsFrom({ ...SAYS, text: undefined, badge: undefined, mentioned: true })).toEqual({ ...NEWS, text: null, badge: null, isMentioned: true });
    expect(newsFrom({ type: "read", conversationId: ROOM, seq: "12", badge: 0 })).toEqual({ type: "read", conversationId: ROOM, seq: 12, badge: 0 });
  });

  it("is nothing if it is of a kind that only newer servers know", () => {
    expect(newsFrom({ ...SAYS, type: "call" })).toBeNull();
    expect(newsFrom({ ...SAYS, conversationId: 1 })).toBeNull();
  });

  it("breaks nothing, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const news = newsFrom(value);
        return news === null || typeof news.conversationId === "string";
      }),
    );
  });
});

describe("a notification", () => {
  it("has the name of the group, and who said it", () => {
    expect(linesOf(NEWS, NAMES, ENGLISH)).toEqual({ title: "Climbers", body: "Anna: Hi" });
  });

  it("has the name of the sender, if nobody else is there", () => {
    expect(linesOf(NEWS, { ...NAMES, titles: {} }, ENGLISH)).toEqual({ title: "Anna", body: "Hi" });
  });

  it("says that there is something, if it may not say what, and names nobody whom it does not know", () => {
    expect(linesOf({ ...NEWS, text: null }, NAMELESS, ENGLISH)).toEqual({ title: "Elastic-Chat", body: "New message" });
    expect(linesOf({ ...NEWS, text: "", isMentioned: true }, NAMES, ENGLISH)).toEqual({ title: "Climbers", body: "Anna: You were mentioned" });
  });

  it("goes when all that it tells of was read, and leads to its conversation", () => {
    const shown = { conversationId: ROOM, seq: 12 };
    const upTo = (seq: number) => ({ conversationId: ROOM, seq });
    expect([11, 12, 13].map((seq) => isRead(shown, upTo(seq)))).toEqual([false, true, true]);
    expect(isRead({ ...shown, conversationId: "another" }, upTo(12))).toBe(false);
    expect(isRead(null, upTo(12))).toBe(false);
    expect(pathOf(shown)).toBe(`/c/${ROOM}`);
    expect(pathOf(undefined)).toBe("/");
  });
});
