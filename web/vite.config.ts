import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { catalogues, withoutParser } from "./catalogues.ts";
import { groups } from "./chunks.ts";
import { emoji } from "./emoji.ts";
import { markdown } from "./markdown.ts";
import { shell } from "./shell.ts";

const edge = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), catalogues(), emoji(), markdown(), shell()],
  // The tests read catalogues themselves.
  resolve: { alias: process.env["VITEST"] === undefined ? [withoutParser] : [] },
  server: {
    proxy: { "/v1": { target: edge, ws: true } },
  },
  build: {
    // Everything stays a file of its own, so that the page needs nothing but files of its own origin.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      output: { codeSplitting: { groups: groups() } },
      input: { index: "index.html", api: "api.html", ops: "ops.html" },
    },
  },
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    environment: "node",
    // What is tried with whatever there may be takes long where much else runs.
    testTimeout: 60_000,
    // What `markdown()` makes of them is what is tested.
    server: { deps: { inline: [/micromark/, /mdast/] } },
  },
});
