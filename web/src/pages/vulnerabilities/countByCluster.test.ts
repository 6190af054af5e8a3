import { expect, it } from "vitest";

import { countByCluster } from "./countByCluster";

const of = (...names: string[]) =>
  names.map((name) => ({ cluster_id: `id of ${name}`, cluster_name: name }));

it.each([
  [of(), []],
  [of("shop"), ["shop 1"]],
  // As many in both: by their names.
  [of("shop", "bar"), ["bar 1", "shop 1"]],
  [of("bar", "shop", "bar", "shop", "shop"), ["shop 3", "bar 2"]],
])("%j are %j", (workloads, counts) => {
  expect(countByCluster(workloads).map(({ name, count }) => `${name} ${count}`)).toEqual(counts);
});
