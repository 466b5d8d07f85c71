/** What every catalogue must have, and that the code says what is in them and nothing else. */
import { type MessageFormatElement, TYPE } from "@formatjs/icu-messageformat-parser";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

import { areaOf, filesOf, messagesOf, treeOf } from "../catalogues";
import { type Language, LANGUAGES } from "../src/core/language";

const ALL = Object.keys(LANGUAGES) as Language[];
const SOURCE = join(import.meta.dirname, "../src");
/** Names of the product and of nobody's language. */
const NAMES = new Set(["Elastic-Chat"]);
/** Attributes that people read, or hear. */
const READ = new Set(["aria-label", "alt", "title", "placeholder", "label", "hint", "note"]);

function catalogue(language: Language): ReadonlyMap<string, string> {
  return new Map(filesOf(language).flatMap((file) => Object.entries(messagesOf(file))));
}

const ENGLISH = catalogue("en");

/** The elements of a message, with those that stand in others. */
function elements(tree: readonly MessageFormatElement[]): readonly MessageFormatElement[] {
  return tree.flatMap((one) => {
    if (one.type === TYPE.plural || one.type === TYPE.select) {
      return [one, ...Object.values(one.options).flatMap(({ value }) => elements(value))];
    }
    return one.type === TYPE.tag ? [one, ...elements(one.children)] : [one];
  });
}

/** The names that a message expects values for. */
function placeholders(message: string): ReadonlySet<string> {
  return new Set(elements(treeOf(message)).flatMap((one) => (one.type === TYPE.literal || one.type === TYPE.pound ? [] : [one.value])));
}

interface Use {
  readonly place: string;
  readonly id: string;
  /** Null if they are not written out where the message is used. */
  readonly values: ReadonlySet<string> | null;
}

const uses: Use[] = [];
const strings = new Set<string>();
const unsaid: string[] = [];

for (const path of readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((one) => /\.tsx?$/.test(one) && !one.startsWith("gen/"))) {
  const file = ts.createSourceFile(path, readFileSync(join(SOURCE, path), "utf8"), ts.ScriptTarget.Latest, true, path.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const placeOf = (node: ts.Node) => `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node)) {
      strings.add(node.text);
    }
    if (ts.isCallExpression(node) && /(^|\.)(t|say|bad|well|note)$/.test(node.expression.getText())) {
      const [id, values] = node.arguments;
      const ids = id === undefined ? [] : ts.isStringLiteral(id) ? [id.text] : ts.isConditionalExpression(id) ? [id.whenTrue, id.whenFalse].flatMap((one) => (ts.isStringLiteral(one) ? [one.text] : [])) : [];
      uses.push(...ids.map((one) => ({ place: placeOf(node), id: one, values: namesOf(values) })));
    }
    if (ts.isJsxText(node) && /\p{L}/u.test(node.text) && !NAMES.has(node.text.trim())) {
      unsaid.push(`${placeOf(node)} ${node.text.trim()}`);
    }
    if (ts.isJsxAttribute(node) && READ.has(node.name.getText()) && node.initializer !== undefined && ts.isStringLiteral(node.initializer) && /\p{L}/u.test(node.initializer.text)) {
      unsaid.push(`${placeOf(node)} ${node.initializer.text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

function namesOf(values: ts.Expression | undefined): ReadonlySet<string> | null {
  if (values === undefined) {
    return new Set();
  }
  if (!ts.isObjectLiteralExpression(values)) {
    return null;
  }
  const names = values.properties.map((one) => (one.name !== undefined && ts.isIdentifier(one.name) ? one.name.text : null));
  return names.includes(null) ? null : new Set(names as string[]);
}

describe("the code", () => {
  it("says nothing that is in no catalogue", () => {
    expect(unsaid).toEqual([]);
  });

  it("says everything that is in the catalogues", () => {
    expect([...ENGLISH.keys()].filter((key) => !strings.has(key))).toEqual([]);
  });

  it("gives each message the values that it expects", () => {
    expect(uses.length).toBeGreaterThan(200);
    const wrong = uses.filter(({ id, values }) => values !== null && ENGLISH.has(id) && [...placeholders(ENGLISH.get(id) ?? "")].sort().join() !== [...values].sort().join());
    expect(wrong.map(({ place, id }) => `${place} ${id}`)).toEqual([]);
  });
});

describe.each(ALL)("the catalogues in %s", (language) => {
  const texts = catalogue(language);

  it("have every message, by its name and in its file", () => {
    expect([...texts.keys()].sort()).toEqual([...ENGLISH.keys()].sort());
    for (const file of filesOf(language)) {
      const keys = Object.keys(messagesOf(file));
      expect(keys.filter((key) => !key.startsWith(`${areaOf(file)}.`))).toEqual([]);
      expect(keys).toEqual([...keys].sort());
    }
  });

  it("expect the same values as English", () => {
    const other = [...ENGLISH].filter(([key, message]) => [...placeholders(message)].sort().join() !== [...placeholders(texts.get(key) ?? "")].sort().join());
    expect(other.map(([key]) => key)).toEqual([]);
  });

  it("have every form of the plural that the language has", () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const lacking = [...texts].filter(([, message]) => elements(treeOf(message)).some((one) => one.type === TYPE.plural && forms.some((form) => !(form in one.options))));
    expect(lacking.map(([key]) => key)).toEqual([]);
  });
});
