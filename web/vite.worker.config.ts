import { defineConfig } from "vite";

import { catalogues, withoutParser } from "./catalogues.ts";

// Apart from the pages: what it shares with them must be in it, since not every browser lets a service worker import other files.
export default defineConfig({
  plugins: [catalogues()],
  publicDir: false,
  resolve: { alias: [withoutParser] },
  build: {
    emptyOutDir: false,
    target: "es2022",
    rolldownOptions: {
      input: "src/worker/push.ts",
      // A browser must find the service worker where it was, and lets it show what lies below it only.
      output: { entryFileNames: "push.js", format: "iife" },
    },
  },
});
