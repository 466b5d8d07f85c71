/** What every catalogue must have, and that the code says what is in them and nothing else. */
import { type MessageFormatElement, TYPE } from "@formatjs/icu-messageformat-parser";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

import { areaOf, filesOf, LATER, messagesOf, treeOf } from "../catalogues";
import { type Language, LANGUAGES } from "../src/core/language";

const ALL = Object.keys(LANGUAGES) as Language[];
const SOURCE = join(import.meta.dirname, "../src");
/** Names of the product and of nobody's language. */
const NAMES = new Set(["Elastic-Chat"]);
const BROUGHT = "virtual:texts/en/";
/** These name what others say: the sheet of the shortcuts, and the form to log in. */
const NAMING = new Set(["core/shortcuts.ts", "app/client.ts"]);
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

/** What a module has in it. */
interface Module {
  /** The modules of the client that must be there before it runs, by path. */
  readonly needs: readonly string[];
  /** Those that it fetches by a call. */
  readonly fetches: readonly string[];
  /** The areas whose English it brings along. */
  readonly brings: readonly string[];
  readonly strings: ReadonlySet<string>;
}

const modules = new Map<string, Module>();
const uses: Use[] = [];
const strings = new Set<string>();
const unsaid: string[] = [];

for (const path of readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((one) => /\.tsx?$/.test(one) && !one.startsWith("gen/"))) {
  const file = ts.createSourceFile(path, readFileSync(join(SOURCE, path), "utf8"), ts.ScriptTarget.Latest, true, path.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const placeOf = (node: ts.Node) => `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
  const module = { needs: [] as string[], fetches: [] as string[], brings: [] as string[], strings: new Set<string>() };
  modules.set(path, module);
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node)) {
      strings.add(node.text);
      module.strings.add(node.text);
    }
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier) && node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword) {
      const { text } = node.moduleSpecifier;
      module.needs.push(...moduleOf(text, path));
      module.brings.push(...(text.startsWith(BROUGHT) ? [text.slice(BROUGHT.length)] : []));
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [text] = node.arguments;
      module.fetches.push(...(text !== undefined && ts.isStringLiteral(text) ? moduleOf(text.text, path) : []));
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

/** The file that an import means, if it is one of the client. */
function moduleOf(specifier: string, from: string): readonly string[] {
  const path = relative(SOURCE, join(SOURCE, dirname(from), specifier));
  return specifier.startsWith(".") ? [".ts", ".tsx"].map((ending) => path + ending).filter((file) => existsSync(join(SOURCE, file))) : [];
}

/** A module, and whatever must be there before it runs. */
function wholeOf(path: string): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [path];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (!found.has(one)) {
      found.add(one);
      waiting.push(...(modules.get(one)?.needs ?? []));
    }
  }
  return found;
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

  it("says in English only what has come with it", () => {
    const entry = "main.tsx";
    const first = wholeOf(entry);
    const fetched = new Set([...modules].filter(([path]) => !path.startsWith("ops/")).flatMap(([, { fetches }]) => fetches));
    expect(first.size).toBeGreaterThan(100);
    expect(fetched.size).toBeGreaterThan(20);
    const unsayable = [entry, ...fetched].flatMap((path) => {
      const whole = [...wholeOf(path)].filter((one) => path === entry || !first.has(one));
      const brought = new Set(whole.flatMap((one) => modules.get(one)?.brings ?? []));
      const lacking = LATER.filter((area) => !brought.has(area));
      return whole.filter((one) => !NAMING.has(one)).flatMap((one) => [...(modules.get(one)?.strings ?? [])].filter((text) => ENGLISH.has(text) && lacking.some((area) => text.startsWith(`${area}.`))).map((text) => `${path}: ${one} says ${text}`));
    });
    expect(unsayable).toEqual([]);
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
