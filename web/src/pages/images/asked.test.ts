import { expect, it } from "vitest";

import { questionsFor } from "./asked";

it.each([
  ["", [{}]],
  ["orders", [{ f_repository: "in,orders" }]],
  ["orders:v2", [{ f_repository: "in,orders", f_tag: "in,v2" }]],
  [":v2", [{ f_tag: "in,v2" }]],
  // Images may be called so, too.
  ["shop", [{ f_repository: "in,shop" }, {}]],
  ["FED.SHOP", [{ f_repository: "in,FED.SHOP" }, {}]],
])("of fed.shop, by “%s”, is asked %j", (typed, questions) => {
  expect(questionsFor("fed.shop", typed)).toEqual(questions);
});
