/** Gives the client of its parser of texts no more than what texts may mean: the rest is switched off, and would be loaded all the same. */

import { basename, join } from "node:path";
import type { Plugin } from "vite";

import { SWITCHED_OFF } from "./src/core/unread.ts";

const CONSTRUCTS = /\/micromark-core-commonmark\/lib\/[a-z-]+\.js$/;
const ENTITIES = join(import.meta.dirname, "src/core/entities.ts");

/** Leaves of what is switched off the name, by which the parser knows that, and puts `core/entities.ts` in the place of all the names of HTML's characters. */
export function markdown(): Plugin {
  return {
    name: "markdown",
    enforce: "pre",
    resolveId: (source) => (source === "decode-named-character-reference" ? ENTITIES : null),
    load(id) {
      const construct = CONSTRUCTS.test(id) ? basename(id, ".js").replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) : "";
      return SWITCHED_OFF.includes(construct) ? `export const ${construct} = { name: "${construct}" };` : null;
    },
  };
}
