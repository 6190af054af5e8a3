import { defineConfig } from "vitest/config";

import { precompress } from "./build/precompress";

/** Where `npm run dev` finds a primary. */
const primary = process.env.PALISADE_PRIMARY ?? "https://127.0.0.1:10443";

export default defineConfig({
  esbuild: { jsx: "automatic" },
  plugins: [precompress()],
  build: {
    // Everything comes from the primary itself, in files of its own: the
    // content security policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    // The reader of the API documentation is one file of its library.
    chunkSizeWarningLimit: 1_800,
    rollupOptions: {
      // For pictures of web pages in a PDF, which nobody makes here.
      external: ["canvg", "dompurify", "html2canvas"],
      // Libraries mark what is for browsers; all of the portal is.
      onwarn(warning, warn) {
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
  server: {
    proxy: {
      "/v1": { target: primary, secure: false },
      "/openapi.json": { target: primary, secure: false },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
