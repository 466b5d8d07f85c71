import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const edge = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: { "/v1": { target: edge, ws: true } },
  },
  build: {
    // Everything stays a file of its own, so that the page needs nothing but `default-src 'self'; style-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      input: { index: "index.html", api: "api.html", ops: "ops.html", push: "src/worker/push.ts" },
      // A browser must find the service worker where it was, and lets it show what lies below it only.
      output: { entryFileNames: ({ name }) => (name === "push" ? "push.js" : "assets/[name]-[hash].js") },
    },
  },
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    environment: "node",
  },
});
