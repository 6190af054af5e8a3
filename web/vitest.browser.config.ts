import { defineConfig } from "vitest/config";

/** The tests that drive a real browser against the coffee shop. */
export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    // They share one federation: one after the other.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
