import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const FOLDER = new URL("../src/ui/styles/", import.meta.url);
const css = (name: string) => readFileSync(new URL(name, FOLDER), "utf8").replaceAll(/\/\*[^]*?\*\//g, "");
const tokens = new Map([...css("tokens.css").matchAll(/^ {2}(--[a-z0-9-]+): (light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));$/gm)].map(
  ([, name = "", , light, dark, both]) => [name, { light: light ?? both ?? "", dark: dark ?? both ?? "" }] as const,
));

/** What is written on what. */
const TEXT: readonly (readonly [string, readonly string[]])[] = [
  ["--ink", ["--paper", "--surface", "--raised", "--bubble", "--accent-soft", "--mark"]],
  ["--ink-soft", ["--paper", "--surface", "--raised", "--bubble"]],
  ["--accent", ["--paper", "--surface", "--raised", "--bubble"]],
  ["--coral", ["--paper", "--surface", "--raised"]],
  ["--danger", ["--paper", "--surface", "--raised", "--danger-soft"]],
  ["--amber", ["--surface", "--raised"]],
  ["--on-accent", ["--accent", "--accent-strong"]],
  ["--on-coral", ["--coral"]],
  ["--on-danger", ["--danger"]],
  ["--own-ink", ["--own"]],
  ["--own-soft", ["--own"]],
  ["--own-seen", ["--own"]],
  ["--on-over", ["--over"]],
  ["--over-accent", ["--over"]],
  ["--cream", ["--night", "--brand"]],
  ["--on-tone", [0, 1, 2, 3, 4, 5, 6, 7].map((tone) => `--tone-${tone}`)],
];

/** What must be seen on what, without being read: the edges of fields, the keyboard, dots. */
const PARTS: readonly (readonly [string, readonly string[]])[] = [
  ["--line-strong", ["--paper", "--surface", "--raised"]],
  ["--accent", ["--paper", "--surface", "--raised", "--bubble", "--accent-soft"]],
  ["--online", ["--paper", "--surface", "--raised"]],
  ["--coral", ["--paper", "--surface", "--raised"]],
];

/** As WCAG 2.2 reckons it. */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe.each(["light", "dark"] as const)("the colours, %s,", (theme) => {
  const value = (name: string) => {
    const found = tokens.get(name);
    if (found === undefined) {
      throw new Error(`${name} is no colour of tokens.css.`);
    }
    return found[theme];
  };
  const pairs = (table: typeof TEXT) => table.flatMap(([name, grounds]) => grounds.map((ground) => [name, ground] as const));

  it.each(pairs(TEXT))("%s can be read on %s", (name, ground) => {
    expect(contrast(value(name), value(ground))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(pairs(PARTS))("%s can be seen on %s", (name, ground) => {
    expect(contrast(value(name), value(ground))).toBeGreaterThanOrEqual(3);
  });
});

describe.each(readdirSync(FOLDER).filter((name) => name !== "tokens.css"))("%s", (name) => {
  const declarations = css(name).replaceAll(/@(media|container)[^{]*/g, "");

  it("has every colour and size from tokens.css", () => {
    expect(declarations.match(/#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|lab|lch)\(|(?<![\w.-])-?\d*\.?\d+(?:px|rem|pt)\b/gi) ?? []).toEqual([]);
    expect(declarations.match(/(?:color|background|fill|stroke|border[a-z-]*): *[^;]*\b(?:white|black|red|green|blue|gr[ae]y|orange|yellow)\b/g) ?? []).toEqual([]);
  });

  it("names no token that is not there", () => {
    const there = new Set([...`${css("tokens.css")}${declarations}`.matchAll(/(--[a-z0-9-]+):/g)].map(([, token]) => token));
    expect([...declarations.matchAll(/var\((--[a-z0-9-]+)/g)].map(([, token]) => token).filter((token) => !there.has(token) && token !== "--wire")).toEqual([]);
  });

  it("follows the direction of the writing", () => {
    expect(declarations.match(/^\s*(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom|(?:min-|max-)?(?:width|height)|border-(?:top|bottom)-(?:left|right)-radius):|(?:float|text-align|clear): (?:left|right)/gm) ?? []).toEqual([]);
  });
});
