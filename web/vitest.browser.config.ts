import { defineConfig } from "vitest/config";

/** The tests that drive a real browser against the coffee shop. */
export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    // They share one federation: one after the other.
    fileParallelism: false,
    // Each wait in a test has an end of its own; this one is for what never comes to one.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // As with the other tests: what needed a second try is named, and somebody looks why.
    retry: process.env.CI ? 1 : 0,
  },
});
