// The coffee shop that the tests are run in, as its script tells of itself.

import { readFileSync } from "node:fs";

export function required(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(
      `${name} is not set: run the tests of the portal by examples/coffee-shop/run.sh --throwaway --until web/tests/run.sh`,
    );
  }
  return value;
}

const folder = required("PALISADE_RUN_DIR");

export const shop = {
  folder,
  rest: required("PRIMARY_REST"),
  portal: required("PRIMARY_PORTAL"),
  registry: required("SHOP_REGISTRY"),
  password: readFileSync(`${folder}/password`, "utf8").trim(),
};

/** Waits on a condition. */
export async function until(what: string, met: () => Promise<boolean>, seconds = 60) {
  const end = Date.now() + seconds * 1_000;
  while (!(await met())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
