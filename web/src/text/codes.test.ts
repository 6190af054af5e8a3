import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { codeText } from "./codes";

const CODES = new URL("../../../api/src/error_code.rs", import.meta.url);

it("every code of the REST API has a meaning in the languages that the server does not speak", () => {
  const source = readFileSync(CODES, "utf8");
  const codes = [...source.matchAll(/^\s+\w+ = (\d+), [A-Z_]+, "/gm)].map(([, code]) =>
    Number(code),
  );
  expect(codes.length).toBeGreaterThan(40);
  expect(codes.filter((code) => !codeText.zh[code])).toEqual([]);
});
