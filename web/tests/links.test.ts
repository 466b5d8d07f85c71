import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { doubtOf, hostOf, isAddress } from "../src/core/links";

const LABEL = fc.stringMatching(/^[a-z][a-z0-9]{0,12}$/);
const HOST = fc.tuple(LABEL, fc.constantFrom("example", "test", "org")).map((parts) => parts.join("."));
const PATH = fc.stringMatching(/^(\/[a-z0-9]{0,5}){0,3}$/);
const SCHEME = fc.constantFrom("http://", "https://");
const LOOKALIKES: readonly (readonly [string, string])[] = [["a", "а"], ["e", "е"], ["o", "о"], ["p", "р"], ["c", "с"], ["x", "х"], ["y", "у"], ["i", "і"]];

describe("an address", () => {
  it.each([
    ["https://example.org/a", "https://example.org/a", null],
    ["https://example.org/a", "have a look", null],
    ["https://example.org/", "www.example.org", null],
    ["https://www.example.org/", "Example.org/path", null],
    ["https://example.org:8443/", "example.org", null],
    ["https://bücher.example/", "https://bücher.example/", null],
    ["https://правда.test/", "https://правда.test/", null],
    ["https://日本語テスト.example/", "日本語テスト.example", null],
    ["https://bank.example@evil.test/", "bank", "user_info"],
    ["https://@evil.test/", "x", "user_info"],
    ["https://user:word@evil.test/", "x", "user_info"],
    ["https://xn--pple-43d.com/", "a fruit", "encoded"],
    ["https://%D0%B0pple.com/", "a fruit", "encoded"],
    ["https://аpple.com/", "https://аpple.com/", "scripts"],
    ["https://аррӏе.com/", "аррӏе.com", "scripts"],
    ["https://evil.test/", "https://bank.example/login", "text"],
    ["https://evil.test/", "bank.example", "text"],
    ["https://evil.test/", "b\u200bank.example", "text"],
    ["https://bank.example.evil.test/", "bank.example", "text"],
    ["https://evil.test/bank.example", "//bank.example", null],
  ] as const)("%s that says %s: %s", (address, text, doubt) => {
    expect(doubtOf(address, text)).toBe(doubt);
  });

  it("that says itself, or says words, leads where it seems to", () => {
    fc.assert(
      fc.property(SCHEME, HOST, PATH, (scheme, host, path) => {
        expect(doubtOf(`${scheme}${host}${path}`, `${scheme}${host}${path}`)).toBeNull();
        expect(doubtOf(`${scheme}${host}${path}`, host)).toBeNull();
        expect(doubtOf(`${scheme}${host}${path}`, "some words")).toBeNull();
      }),
    );
  });

  it("is doubted whichever letter is one of another script", () => {
    fc.assert(
      fc.property(HOST, fc.constantFrom(...LOOKALIKES), (host, [latin, other]) => {
        fc.pre(host.includes(latin) && !host.startsWith(`${latin}.`));
        expect(doubtOf(`https://${host.replace(latin, other)}/`, "words")).toBe("scripts");
        expect(doubtOf(new URL(`https://${host.replace(latin, other)}/`).href, "words")).toBe("encoded");
      }),
    );
  });

  it("is doubted if it says another host, or hides one behind a name", () => {
    fc.assert(
      fc.property(HOST, HOST, PATH, (one, other, path) => {
        fc.pre(one !== other);
        expect(doubtOf(`https://${one}${path}`, other)).toBe("text");
        expect(doubtOf(`https://${one}${path}`, `https://${other}${path}`)).toBe("text");
        expect(doubtOf(`https://${other}@${one}${path}`, "words")).toBe("user_info");
      }),
    );
  });

  it("is judged whatever it is, and its host is shown in letters that are no others", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (rest, text) => {
        const address = `https://${rest}`;
        if (isAddress(address)) {
          doubtOf(address, text);
          expect(hostOf(address)).toMatch(/^\p{ASCII}*$/u);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://a.b", " JavaScript:1", "blob:https://a/b", "intent://x"])("%s is none", (text) => {
    expect(isAddress(text)).toBe(false);
  });
});
