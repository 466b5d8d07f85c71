import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ALL, finding, mentionable, mentionedIn, mentionParts } from "../src/core/mentions";
import { namedUsers } from "../src/core/select";
import { initial, update } from "../src/core/state";
import type { User, UserId } from "../src/core/types";
import { ANNA, BEN, chatIn, direct, group, ME, member, message, ROOM, saying, summary } from "./make";

const user = (userId: UserId, username: string): User => ({ userId, username, displayName: username.toUpperCase() });
const PEOPLE = [user(ANNA, "anna"), user(BEN, "ben.b")];
const in_ = (text: string, mayAll = false) => mentionedIn(text, PEOPLE, mayAll);

describe("whom a text mentions", () => {
  it("are those whose user names stand behind an @, each once", () => {
    expect(in_("@anna and @ben.b, @anna!").userIds).toEqual([ANNA, BEN]);
    expect(in_("**@Anna** > (@ben.b)").userIds).toEqual([ANNA, BEN]);
  });

  it("has names that end with what ends a sentence, too", () => {
    expect(in_("It was @anna.").userIds).toEqual([ANNA]);
    expect(in_("It was @ben.b...").userIds).toEqual([BEN]);
    expect(in_("@annabel").userIds).toEqual([]);
  });

  it("are not those in code, links, addresses and words", () => {
    expect(in_("`@anna` https://example.org/@anna [@anna](https://example.org) post@anna x@anna").userIds).toEqual([]);
    expect(in_("```\n@anna\n```").userIds).toEqual([]);
  });

  it("is everyone by @all, if the user may", () => {
    expect(in_("@all: tea?", true)).toEqual({ userIds: [], isAll: true });
    expect(in_("@all: tea?").isAll).toBe(false);
  });

  it("are at most as many as the server takes", () => {
    const many = Array.from({ length: 120 }, (_, index) => user(`u${index}` as UserId, `user-${index}`));
    expect(mentionedIn(many.map(({ username }) => `@${username}`).join(" "), many, false).userIds).toHaveLength(100);
  });

  it("is cut out of a text that stays the same", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("@anna", "@ben.b", "@all", "@", ".", " ", "x", "é", "@an")), (pieces) => {
        const text = pieces.join("");
        const parts = mentionParts(text, finding(PEOPLE, true));
        expect(parts.map((part) => (typeof part === "string" ? part : part.typed)).join("")).toBe(text);
      }),
    );
  });

  it("is told from the names that are typed", () => {
    expect(mentionParts("Hi @Anna.", finding(PEOPLE, false))).toEqual(["Hi ", { typed: "@Anna", who: ANNA }, "."]);
    expect(mentionParts("@all", finding([], true))).toEqual([{ typed: "@all", who: ALL }]);
  });
});

describe("those who can be mentioned", () => {
  function stateOf(conversation: typeof group, permissions: number) {
    const users = [user(ME, "me"), ...PEOPLE];
    return [
      { type: "signed_in", userId: ME, outbox: [] } as const,
      { type: "conversations_listed", summaries: [summary(conversation, message(1, BEN), 1, 0)] } as const,
      { type: "members_listed", conversationId: ROOM, members: [member(ME, "admin", permissions), member(ANNA), member(BEN)], watermarks: [] } as const,
      { type: "users_found", users } as const,
    ].reduce(update, initial);
  }

  it("are the members, who has spoken last first, and everyone if one may", () => {
    const state = stateOf(group, 3 + 64);
    const chat = chatIn(state);
    expect(mentionable(state, chat)).toEqual({ people: [PEOPLE[1], user(ME, "me"), PEOPLE[0]], mayAll: true });
    expect(mentionable(stateOf(group, 3), chatIn(stateOf(group, 3))).mayAll).toBe(false);
  });

  it("is nobody in notes, and no crowd where two talk", () => {
    const two = stateOf(direct, 3 + 64);
    expect(mentionable(two, chatIn(two)).mayAll).toBe(false);
    const notes = stateOf({ ...direct, kind: "notes" }, 3 + 64);
    expect(mentionable(notes, chatIn(notes)).people).toEqual([]);
  });

  it("have names that are asked for where they are mentioned", () => {
    const state = update(stateOf(group, 3), { type: "entry_came", entry: saying(2, { mentions: ["somebody" as UserId] }) });
    expect(namedUsers(state)).toContain("somebody");
  });
});
