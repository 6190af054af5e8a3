import { expect, it } from "vitest";

import { inserted, newest } from "./inserted";
import { ownerOf } from "./owner";

it("the newest rule of an owner is asked for, and no other one", () => {
  expect(newest(ownerOf(undefined))).toEqual({
    query: { scope: "fed", f_cfg_type: "federal", s_id: "desc", limit: 1 },
  });
  expect(newest(ownerOf("7"))).toMatchObject({
    cluster: "7",
    query: { scope: "local", f_cfg_type: "user_created" },
  });
});

const mine = { id: 9, comment: "mine" };

it.each([
  ["it is the newest one now", { id: 8, comment: "" }, mine, 9],
  ["it is the first one", undefined, mine, 9],
  [
    "somebody else made one meanwhile",
    { id: 8, comment: "" },
    { id: 10, comment: "theirs" },
    undefined,
  ],
  ["it filled a gap below one that is the same", mine, mine, undefined],
  ["it is gone again", { id: 8, comment: "mine" }, { id: 8, comment: "mine" }, undefined],
  ["nobody answered before", new Error(), mine, undefined],
  ["nobody answers afterwards", { id: 8, comment: "" }, new Error(), undefined],
])("of a rule that was inserted, where %s", async (_, before, after, expected) => {
  const answers = [before, after];
  let isDone = false;
  const id = await inserted(
    async () => {
      isDone = true;
    },
    async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    ({ comment }) => comment === "mine",
  );
  expect(id).toBe(expected);
  expect(isDone).toBe(true);
});
