// Fails if the chat loads more script at first than it may: run after `vite build`, on what that has written.
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";

const DIST = join(import.meta.dirname, "dist");
/** Compressed, in bytes. */
const MOST = 200_000;

/** The script of the page, and whatever it imports before it runs. What is imported by a call comes later, and does not count. */
function firstLoad(page) {
  const waiting = [...readFileSync(join(DIST, page), "utf8").matchAll(/<(?:script|link)[^>]+(?:src|href)="\/([^"]+\.js)"/g)].map(([, path]) => join(DIST, path));
  const found = new Map();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (!found.has(path)) {
      const source = readFileSync(path, "utf8");
      const folder = dirname(path);
      found.set(path, gzipSync(source).length);
      waiting.push(...[...source.matchAll(/(?:\bfrom|\bimport)\s*"(\.[^"]+\.js)"/g)].map(([, name]) => join(folder, name)));
    }
  }
  return found;
}

const files = firstLoad("index.html");
const total = [...files.values()].reduce((sum, size) => sum + size, 0);
const list = [...files].map(([path, size]) => `  ${relative(DIST, path)} ${(size / 1000).toFixed(1)} kB`).join("\n");
process.stdout.write(`The chat loads ${(total / 1000).toFixed(1)} kB of script at first, of ${MOST / 1000} kB:\n${list}\n`);
if (files.size < 2) {
  process.stderr.write("That can't be all: the chat is built in more than one file.\n");
  process.exit(1);
}
if (total > MOST) {
  process.stderr.write("That is too much. Import by a call what is not needed at first.\n");
  process.exit(1);
}
