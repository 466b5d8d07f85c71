import { describe, expect, it } from "vitest";

import { allEmoji, wordsIn } from "../emoji.ts";
import { completedEmoji, foundEmoji, GROUPS, named, toned, used } from "../src/core/emoji";
import { LANGUAGES } from "../src/core/language";

const ENGLISH = named(allEmoji(), wordsIn("en"));
const first = (language: string, query: string) => foundEmoji(named(allEmoji(), wordsIn(language)), query)[0]?.emoji;

describe.each(Object.keys(LANGUAGES))("the emoji in %s", (language) => {
  const all = named(allEmoji(), wordsIn(language));

  it("are all there, each in a group, and have names", () => {
    expect(all.length).toBeGreaterThan(1_800);
    expect(new Set(all.map(({ group }) => group))).toEqual(new Set(GROUPS));
    expect(all.filter(({ name }) => name === "")).toEqual([]);
  });
});

describe("an emoji", () => {
  it("is found by its name in one's own language, whatever the case and the accents", () => {
    expect([first("de", "Katze"), first("es", "corazon rojo"), first("zh", "猫"), first("ar", "قطة"), first("en", "party popper")]).toEqual(["🐈", "❤️", "🐈", "🐈", "🎉"]);
  });

  it("is found by each word of what is asked for, by its code, and by the country of its flag", () => {
    expect(first("en", "grinning cat")).toBe("😺");
    expect(foundEmoji(ENGLISH, "red heart").some(({ emoji }) => emoji === "🟥")).toBe(false);
    expect(first("en", "tada")).toBe("🎉");
    expect([first("de", "Spanien"), first("ar", "ألمانيا")]).toEqual(["🇪🇸", "🇩🇪"]);
    expect(foundEmoji(ENGLISH, "qqqqq")).toEqual([]);
    expect(foundEmoji(ENGLISH, " ")).toBe(ENGLISH);
  });

  it("has the skin tone that was chosen, if it has skin", () => {
    const [wave, cat] = [foundEmoji(ENGLISH, "waving hand")[0], foundEmoji(ENGLISH, "cat face")[0]];
    expect([wave && toned(wave, 5), wave && toned(wave, 0), cat && toned(cat, 5)]).toEqual(["👋🏿", "👋", "🐱"]);
  });

  it("is written as keyboards write it", () => {
    expect(ENGLISH.filter(({ emoji }) => /\p{Emoji_Presentation}\uFE0F/u.test(emoji))).toEqual([]);
    expect([first("en", "thumbs up"), first("en", "red heart")]).toEqual(["\u{1F44D}", "\u2764\uFE0F"]);
  });

  it("is completed by the beginning of its code", () => {
    expect(completedEmoji(ENGLISH, "tad", 5)[0]?.emoji).toBe("🎉");
    expect(completedEmoji(ENGLISH, "", 5)).toEqual([]);
  });

  it("comes first among those used last, once", () => {
    expect(used(["a", "b", "c"], "b")).toEqual(["b", "a", "c"]);
    expect(used(Array.from({ length: 20 }, String), "x").length).toBe(16);
  });
});
