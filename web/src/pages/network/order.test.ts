import { describe, expect, it } from "vitest";

import { afterFor, neighbour } from "./order";

/** What the server makes of a move. */
function moved(ids: number[], id: number, after: number | undefined): number[] {
  if (after === undefined) return ids;
  const rest = ids.filter((one) => one !== id);
  rest.splice(rest.indexOf(after) + 1, 0, id);
  return rest;
}

const ids = [11, 12, 13, 14];

describe("the order of rules", () => {
  it.each([
    [13, 11, [13, 11, 12, 14]],
    [13, 12, [11, 13, 12, 14]],
    [11, 14, [12, 13, 14, 11]],
    [12, 13, [11, 13, 12, 14]],
    [12, 12, ids],
    [12, 99, ids],
    [99, 12, ids],
  ])("%i dropped on %i", (id, target, expected) => {
    expect(moved(ids, id, afterFor(ids, id, target))).toEqual(expected);
  });

  it("takes the target's place, for every pair", () => {
    for (const id of ids) {
      for (const target of ids) {
        expect(moved(ids, id, afterFor(ids, id, target)).indexOf(id)).toBe(ids.indexOf(target));
      }
    }
  });

  it("has ends", () => {
    expect(neighbour(ids, 11, -1)).toBeUndefined();
    expect(neighbour(ids, 11, 1)).toBe(12);
    expect(neighbour(ids, 14, 1)).toBeUndefined();
    expect(neighbour(ids, 99, 1)).toBeUndefined();
  });
});
