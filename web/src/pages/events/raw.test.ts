import { expect, it } from "vitest";

import { rawOf } from "./raw";

it("of a record, all that it says is shown, and no more", () => {
  const detail = {
    name: "RESTful.Write",
    image: "",
    user_roles: { "": "admin" },
    items: ["", "a"],
  };
  const { image: _, ...said } = detail;
  expect(JSON.parse(rawOf(detail))).toEqual(said);
});

it("what turns the writing around is seen, and is still the same record", () => {
  const detail = { user: "\u202eyram" };
  expect(rawOf(detail)).toContain('"\\u202eyram"');
  expect(JSON.parse(rawOf(detail))).toEqual(detail);
});
