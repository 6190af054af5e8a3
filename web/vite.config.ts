import { defineConfig } from "vite";

export default defineConfig({
  esbuild: { jsx: "automatic" },
  build: {
    // Everything comes from the primary itself, in files of its own: the
    // content security policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: {
    proxy: { "/v1": { target: "https://127.0.0.1:10443", secure: false } },
  },
});
