import { describe, expect, it } from "vitest";

import { commandIn, COMMANDS, commandsIn, statusIn } from "../src/core/commands";
import { FOR_EVER } from "../src/core/mine";
import { initial, update } from "../src/core/state";
import { chatIn, direct, group, ME, member, message, summary } from "./make";

function chatOf(conversation = group, permissions = 2, mutedUntil = 0) {
  const summed = { ...summary(conversation, message(1), 1, 0), me: member(ME, "member", permissions), mine: { mutedUntil } };
  return chatIn(update(update(initial, { type: "signed_in", userId: ME, outbox: [] }), { type: "conversations_listed", summaries: [summed] }));
}

describe("the commands of a conversation", () => {
  it("are those that the user may give", () => {
    expect(commandsIn(chatOf(), 0)).toEqual(["poll", "status", "mute", "leave"]);
    expect(commandsIn(chatOf(group, 2 + 16 + 256), 0)).toEqual(["poll", "status", "mute", "topic", "invite", "leave"]);
    expect(commandsIn(chatOf(group, 1), 0)).toEqual(["status", "mute", "leave"]);
    expect(commandsIn(chatOf(direct, 2), 0)).toEqual(["poll", "status", "mute"]);
    expect(commandsIn(chatOf({ ...direct, kind: "notes" }, 2), 0)).toEqual(["poll", "status"]);
  });

  it("take muting back where it is muted", () => {
    expect(commandsIn(chatOf(group, 2, FOR_EVER), 1)).toContain("unmute");
    expect(commandsIn(chatOf(group, 2, FOR_EVER), 1)).not.toContain("mute");
  });
});

describe("a text", () => {
  it("is a command by its first word, if that is possible", () => {
    expect(commandIn("/topic  green\nor black ", COMMANDS)).toEqual({ name: "topic", words: "green or black", isIncomplete: false });
    expect(commandIn("/Leave", COMMANDS)?.name).toBe("leave");
    expect(commandIn("/topic", COMMANDS)?.isIncomplete).toBe(true);
    expect(commandIn("/topic tea", ["leave"])).toBeNull();
    for (const said of ["topic tea", "//topic tea", "\\/topic tea", "/usr/bin", "/topics tea", "x /topic", "/"]) {
      expect(commandIn(said, COMMANDS)).toBeNull();
    }
  });

  it("is a status with its emoji in front", () => {
    expect(statusIn("👩🏽‍🚀 On the way")).toEqual({ emoji: "👩🏽‍🚀", text: "On the way" });
    expect(statusIn("🇩🇪Berlin")).toEqual({ emoji: "🇩🇪", text: "Berlin" });
    expect(statusIn("At lunch 🍜")).toEqual({ emoji: "", text: "At lunch 🍜" });
    expect(statusIn("3 more days")).toEqual({ emoji: "", text: "3 more days" });
    expect(statusIn("")).toEqual({ emoji: "", text: "" });
  });
});
