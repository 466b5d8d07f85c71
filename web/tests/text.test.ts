import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { segments } from "../src/core/links";
import { uuid7, uuid7Epoch } from "../src/core/uuid7";
import { describe as wordsOf, explain, initials, presenceText, preview, toneOf, typingText } from "../src/core/wording";
import type { Entry } from "../src/core/types";
import { ENGLISH } from "./english";
import { ANNA, BEN, created, direct, group, ME, membership, message, photo } from "./make";

const links = (text: string) => segments(text).flatMap((segment) => (segment.type === "link" ? [segment.href] : []));
const names = (userId: string) => ({ [ANNA]: "Anna", [BEN]: "Ben" })[userId] ?? "?";

describe("links", () => {
  it("are web addresses and nothing else", () => {
    expect(links("see https://a.example/x?y=1#z and http://b.example")).toEqual(["https://a.example/x?y=1#z", "http://b.example"]);
    expect(links("javascript:alert(1) data:text/html,x ftp://a.example www.a.example https:// file:///etc")).toEqual([]);
  });

  it("end before what ends the sentence", () => {
    expect(links("(https://a.example/x). https://a.example/y, https://a.example/Z_(disambiguation)!")).toEqual([
      "https://a.example/x",
      "https://a.example/y",
      "https://a.example/Z_(disambiguation)",
    ]);
  });

  it("end before what could be markup", () => {
    expect(links(`https://a.example/"onclick=x <b>https://a.example/<script>`)).toEqual(["https://a.example/", "https://a.example/"]);
  });

  it("leave the text as it is", () => {
    const piece = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("https://a.example/", "http://", " ", ").", "javascript:"));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join("");
        expect(segments(text).map((segment) => segment.text).join("")).toBe(text);
        expect(links(text).every((href) => /^https?:\/\//i.test(href))).toBe(true);
      }),
    );
  });
});

describe("a UUIDv7", () => {
  const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 });

  it("has its version, its variant and its time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), bytes, (now, random) => {
        const { id } = uuid7(uuid7Epoch, now, random);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(Math.max(now, 0));
      }),
    );
  });

  it("sorts after the one before, even if the clock stands still or goes back", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), bytes), { minLength: 2, maxLength: 50 }), (times) => {
        let clock = uuid7Epoch;
        const ids = times.map(([now, random]) => {
          const made = uuid7(clock, now, random);
          clock = made.clock;
          return made.id;
        });
        expect([...ids].sort()).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it("goes on when its counter is full", () => {
    const { id, clock } = uuid7({ ms: 9, counter: 0xfff }, 9, new Uint8Array(10));
    expect(clock.ms).toBe(10);
    expect(id > uuid7({ ms: 9, counter: 0xffe }, 9, new Uint8Array(10).fill(255)).id).toBe(true);
  });
});

describe("the wording", () => {
  it("tells what happened", () => {
    expect(wordsOf(created(group, [ME, ANNA]), ME, names, ENGLISH)).toBe("Anna created “Walks”");
    expect(wordsOf(created(direct, [ME, ANNA]), ANNA, names, ENGLISH)).toBe("You started the conversation");
    expect(wordsOf(membership(2, [BEN, ME], []), ME, names, ENGLISH)).toBe("Anna added Ben and you");
    expect(wordsOf(membership(2, [], [ANNA]), ME, names, ENGLISH)).toBe("Anna left");
    expect(wordsOf(membership(2, [], [BEN], ME), ME, names, ENGLISH)).toBe("You removed Ben");
  });

  it("tells what was set, and who is what now", () => {
    const settings: Entry = { ...message(1), content: { kind: "settings", changed: { title: "Tea", topic: "" } } };
    expect(wordsOf(settings, ME, names, ENGLISH)).toBe("Anna called it “Tea”, Anna took the topic away");
    const roles = new Map([[BEN, "admin"], [ME, "reader"]] as const);
    const given: Entry = { ...message(1), content: { kind: "membership", added: [], removed: [], roles } };
    expect(wordsOf(given, ME, names, ENGLISH)).toBe("Anna made Ben an administrator, Anna made you a reader");
    expect(wordsOf(membership(1, [ANNA], []), ME, names, ENGLISH)).toBe("Anna joined");
  });

  it("tells who said what last", () => {
    expect(preview(message(1, ANNA, "two\nlines"), ME, true, names, ENGLISH)).toBe("Anna: two lines");
    expect(preview(message(1, ANNA, "hi"), ME, false, names, ENGLISH)).toBe("hi");
    expect(preview(message(1, ME, "hi"), ME, false, names, ENGLISH)).toBe("You: hi");
  });

  it("shortens names", () => {
    expect(["Maya Okafor", "tomás", "ann-marie b. clark", "🦊 fox", "…", ""].map(initials)).toEqual(["MO", "T", "AC", "F", "?", "?"]);
    expect(toneOf("abc", 8)).toBe(toneOf("abc", 8));
  });

  it("names days and times by how far they are", () => {
    const now = new Date(2026, 4, 10, 12).getTime();
    const yesterday = new Date(2026, 4, 9, 23, 59).getTime();
    expect([ENGLISH.day(now, now), ENGLISH.day(yesterday, now)]).toEqual(["Today", "Yesterday"]);
    expect(ENGLISH.day(new Date(2025, 0, 5).getTime(), now)).toContain("2025");
    expect(ENGLISH.shortTime(yesterday, now)).toBe("Yesterday");
  });

  it("tells who is there", () => {
    const presence = (online: boolean, lastSeenAt: number | null) => presenceText({ userId: ANNA, online, availability: online ? "online" : "offline", status: "", lastSeenAt }, 100 * 60_000, ENGLISH);
    expect(presence(true, null)).toBe("Online");
    expect(presence(false, null)).toBe("Offline");
    expect(presence(false, 95 * 60_000)).toBe("Last seen 5 minutes ago");
    expect(presenceText(undefined, 0, ENGLISH)).toBe("");
    const anna = { userId: ANNA, online: true, status: "⛵ at sea", lastSeenAt: null } as const;
    expect(presenceText({ ...anna, availability: "away" }, 0, ENGLISH)).toBe("Away · ⛵ at sea");
    expect(presenceText({ ...anna, availability: "busy", status: "" }, 0, ENGLISH)).toBe("Busy");
    expect(presenceText({ ...anna, availability: "unknown" }, 0, ENGLISH)).toBe("");
  });

  it("tells who is typing", () => {
    expect(typingText([], ENGLISH)).toBe("");
    expect(typingText(["Anna"], ENGLISH)).toBe("Anna is typing");
    expect(typingText(["Anna", "Ben"], ENGLISH)).toBe("Anna and Ben are typing");
    expect(typingText(["a", "b", "c", "d"], ENGLISH)).toBe("Several people are typing");
  });

  it("explains what went wrong, or says what the server says", () => {
    expect(explain("USERNAME_TAKEN", "x", ENGLISH)).toContain("taken");
    expect(explain("SOMETHING_NEW", "as the server says", ENGLISH)).toBe("as the server says");
  });
});

describe("files", () => {
  it("have a size that people can read", () => {
    expect([0, 1, 999, 1_500, 123_456, 104_857_600, 2e12].map((bytes) => ENGLISH.size(bytes))).toEqual(["0 byte", "1 byte", "999 byte", "1.5 kB", "123 kB", "105 MB", "2,000 GB"]);
  });

  it("stand for a message that says nothing else", () => {
    const entry = { ...message(1), content: { kind: "message" as const, said: { text: "", files: [photo] } } };
    expect(preview(entry, ME, false, names, ENGLISH)).toBe("Photo");
    const files = (...kinds: readonly string[]) => ({ ...entry, content: { kind: "message" as const, said: { text: "", files: kinds.map((mediaType) => ({ ...photo, mediaType })) } } });
    expect(preview(files("image/png", "image/jpeg"), ME, false, names, ENGLISH)).toBe("2 photos");
    expect(preview(files("video/mp4"), ME, false, names, ENGLISH)).toBe("Video");
    expect(preview(files("audio/ogg"), ME, false, names, ENGLISH)).toBe("Recording");
    expect(preview(files("application/pdf"), ME, false, names, ENGLISH)).toBe("Photo.jpg");
    expect(preview(files("image/png", "application/pdf"), ME, false, names, ENGLISH)).toBe("Photo.jpg, Photo.jpg");
    expect(preview({ ...entry, content: { kind: "message", said: { text: "see", files: [photo] } } }, ME, false, names, ENGLISH)).toBe("see");
  });
});
