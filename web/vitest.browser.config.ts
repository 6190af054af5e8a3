import { defineConfig } from "vitest/config";

/** The tests that drive a real browser against the coffee shop. */
export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    // They share one federation: one after the other.
    fileParallelism: false,
    // Of the tests of a file, those that say they may go beside each other: each has a page of its
    // own, and mostly waits for it.
    maxConcurrency: 2,
    // Each wait in a test has an end of its own; this one is for what never comes to one.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // As with the other tests: what needed a second try is named, and somebody looks why.
    retry: process.env.CI ? 1 : 0,
  },
});
