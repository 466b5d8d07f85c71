/** The part of the build that makes the service worker: it has to know every file of the client, and which build they are of. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build, type Plugin, type Rolldown } from "vite";

import { catalogues, withoutParser } from "./catalogues.ts";

const PAGE = "index.html";
/** Stands in the page for the name of the build. */
const PLACE = "__BUILD__";
const WORKER = "src/worker/sw.ts";
/** Of the public files, those that the client shows. */
const SHOWN = /^(favicon\.svg|appearance\.js|app\.webmanifest|icons\/.*)$/;

/** Writes `sw.js`, and the name of the build into the page. */
export function shell(): Plugin {
  return {
    name: "elastic-chat-shell",
    apply: "build",
    async writeBundle({ dir }, bundle) {
      const folder = dir ?? "dist";
      const page = join(folder, PAGE);
      const text = readFileSync(page, "utf8");
      const parts = [...partsOf(text, bundle), ...readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => SHOWN.test(name) && /\.\w+$/.test(name))].sort();
      const name = nameOf(folder, [PAGE, ...parts]);
      if (!text.includes(PLACE)) {
        this.error(`${PAGE} has no place for the name of the build, ${PLACE}.`);
      }
      writeFileSync(page, text.replace(PLACE, name));
      await build({
        configFile: false,
        publicDir: false,
        logLevel: "warn",
        plugins: [catalogues()],
        resolve: { alias: [withoutParser] },
        define: { __SHELL__: JSON.stringify({ build: name, parts: parts.map((part) => `/${part}`) }) },
        build: {
          outDir: folder,
          emptyOutDir: false,
          target: "es2022",
          rolldownOptions: { input: WORKER, output: { format: "iife", entryFileNames: "sw.js" } },
        },
      });
    },
  };
}

/** The files of the client: what its page names, the chunks that come when they are needed, their styles and pictures. */
function partsOf(html: string, bundle: Rolldown.OutputBundle): ReadonlySet<string> {
  const parts = new Set<string>();
  const visit = (name: string) => {
    const file = bundle[name];
    if (file === undefined || parts.has(name)) {
      return;
    }
    parts.add(name);
    if (file.type === "chunk") {
      [...file.imports, ...file.dynamicImports, ...(file.viteMetadata?.importedCss ?? []), ...(file.viteMetadata?.importedAssets ?? [])].forEach(visit);
    }
  };
  const named = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, name]) => name ?? "");
  if (named.length === 0) {
    throw new Error(`${PAGE} names no chunk: a worker that knows no files keeps none.`);
  }
  named.forEach(visit);
  return parts;
}

function nameOf(folder: string, names: readonly string[]): string {
  const hash = createHash("sha256");
  for (const name of names) {
    hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}
