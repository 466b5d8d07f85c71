/**
 * How the client is cut into files. What a page begins with is few of them: each more is another request, and is compressed without what it has in
 * common with the others. What is imported by a call stays a file of its own.
 */

import { join } from "node:path";

import type { Rolldown } from "vite";

type Modules = Pick<Rolldown.ChunkingContext, "getModuleInfo">;

const CHAT = join(import.meta.dirname, "src/main.tsx");
const OPS = join(import.meta.dirname, "src/ops/main.tsx");

/** The libraries with which the chat and the operations page begin, which seldom change; what else both begin with; and what only the chat does. */
export function groups(): Rolldown.CodeSplittingGroup[] {
  let begun: { readonly chat: ReadonlySet<string>; readonly both: ReadonlySet<string> } | null = null;
  const beginnings = (modules: Modules) => {
    if (begun === null) {
      const [chat, ops] = [imported(CHAT, modules), imported(OPS, modules)];
      begun = { chat, both: new Set([...chat].filter((id) => ops.has(id))) };
    }
    return begun;
  };
  // The first that takes a module takes what that imports, too.
  return [
    { name: (id, modules) => (beginnings(modules).both.has(id) && id.includes("/node_modules/") ? "libraries" : null), priority: 3 },
    { name: (id, modules) => (beginnings(modules).both.has(id) ? "common" : null), priority: 2 },
    { name: (id, modules) => (beginnings(modules).chat.has(id) ? "chat" : null), priority: 1 },
  ];
}

/** A module and what must be there before it runs. */
function imported(entry: string, modules: Modules): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [entry];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (!found.has(id)) {
      found.add(id);
      waiting.push(...(modules.getModuleInfo(id)?.importedIds ?? []));
    }
  }
  return found;
}
