import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import arabic from "virtual:texts/ar/chat";

import { Languages } from "../src/app/language";
import { isolated } from "../src/core/bidi";
import { languageFor, localeFor } from "../src/core/language";
import { Words } from "../src/core/words";
import { catalogues, english } from "../src/locales/chat";
import { LANGUAGE_KEY } from "../src/net/language";
import { browser } from "./browser";
import { ENGLISH } from "./english";

const ARABIC = new Words("ar", arabic, { locale: "ar", timeZone: "UTC" });

describe("a sentence", () => {
  it("leaves what runs its way alone, and keeps apart what does not", () => {
    expect(ENGLISH.t("messages.to", { name: "Anna" })).toBe("To Anna");
    expect(ENGLISH.t("messages.to", { name: "سارة" })).toBe("To \u2068سارة\u2069");
    expect(ARABIC.t("messages.to", { name: "Anna" })).toBe("ردًّا على \u2068Anna\u2069");
  });

  it("is not turned by what stands in it, whatever that is", () => {
    const sign = fc.constantFrom("a", "ع", "\u2066", "\u2067", "\u2068", "\u2069", "\u202e", "1");
    fc.assert(
      fc.property(fc.array(sign).map((signs) => signs.join("")), fc.constantFrom("ltr", "rtl" as const), (text, around) => {
        let depth = 0;
        const within = Array.from(isolated(text, around)).map((one) => (depth += /[\u2066-\u2068]/.test(one) ? 1 : one === "\u2069" ? -1 : 0));
        expect(depth).toBe(0);
        expect(within.slice(0, -1).every((one) => one > 0) || within.every((one) => one === 0)).toBe(true);
      }),
    );
  });

  it("is chosen by what it is about, which is no word of it", () => {
    const made = (by: string) => ARABIC.t("messages.created", { by, who: "Anna", title: "Tea" });
    expect(made("me")).toBe("أنشأت «\u2068Tea\u2069»");
    expect(made("other")).toBe("أنشأ \u2068Anna\u2069 «\u2068Tea\u2069»");
  });

  it("has the forms of its language", () => {
    const said = [1, 2, 3, 11, 100].map((count) => ARABIC.t("messages.replies", { count }));
    expect(new Set(said).size).toBe(5);
    expect(said.slice(0, 2)).toEqual(["رد واحد", "ردّان"]);
  });

  it("tells days where its reader is", () => {
    const at = Date.UTC(2026, 0, 1, 23, 30);
    const here = (timeZone: string) => new Words("en", english, { locale: "en", timeZone }).day(at, Date.UTC(2026, 0, 2, 12));
    expect([here("UTC"), here("Asia/Tokyo")]).toEqual(["Yesterday", "Today"]);
  });
});

describe("the language", () => {
  it("is the first of the browser's that there is", () => {
    expect([["fr", "es-MX", "de"], ["zh-TW"], ["fr"], []].map(languageFor)).toEqual(["es", "zh", "en", "en"]);
  });

  it("is written as where its reader lives, in the script of its messages", () => {
    expect(localeFor("en", ["de-DE", "en-GB"])).toBe("en-GB");
    expect(localeFor("zh", ["zh-TW", "zh-SG"])).toBe("zh-SG");
    expect(localeFor("de", ["en-GB", "*"])).toBe("de");
  });
});

describe("the languages of a page", () => {
  const root = { lang: "en", dir: "ltr" };

  beforeEach(() => {
    browser();
    vi.stubGlobal("navigator", { languages: ["es-ES"] });
    vi.stubGlobal("document", { documentElement: root });
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("follow the browser until one is chosen, and again when none is", async () => {
    const languages = new Languages(catalogues, english);
    await languages.start();
    expect(languages.store.get().t("composer.send")).toBe("Enviar");
    await languages.choose("ar");
    expect([root, languages.store.get().language, localStorage.getItem(LANGUAGE_KEY)]).toEqual([{ lang: "ar", dir: "rtl" }, "ar", "ar"]);
    await languages.choose(null);
    expect([root, languages.choice]).toEqual([{ lang: "es", dir: "ltr" }, null]);
  });

  it("go on as before if one can't be fetched, and let the last choice win", async () => {
    let late: () => void = () => undefined;
    const slow = new Promise<typeof english>((resolve) => { late = () => { resolve({}); }; });
    const languages = new Languages({ ...catalogues, es: () => Promise.reject(new Error("offline")), de: () => slow }, english);
    await languages.start();
    expect(languages.store.get().language).toBe("en");
    const first = languages.choose("de");
    await languages.choose("ar");
    late();
    await first;
    expect(languages.store.get().language).toBe("ar");
  });
});
