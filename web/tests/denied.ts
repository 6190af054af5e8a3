// A denial that happened for a test, by a rule of its own.

import { create, remove } from "./api";
import { until } from "./shop";
import { review } from "./webhook";

/** Makes a federated rule that denies what runs in the shop; gives how to take it away. `rule`
 * is a number of the federation that nobody else uses in these tests. */
export async function denying(rule: number, comment: string): Promise<() => Promise<void>> {
  await create("/v1/admission/rule", {
    config: {
      ...{ id: rule, category: "Kubernetes", cfg_type: "federal", rule_type: "deny" },
      ...{ comment, disable: false, containers: ["containers"] },
      criteria: [{ name: "namespace", op: "containsAny", value: "shop" }],
    },
  });
  return () => remove(`/v1/admission/rule/${rule}`);
}

/** Until staging denies a workload of this name. */
export function denied(workload: string): Promise<void> {
  return until("staging denies", async () => !(await review("orders:v1", workload)));
}
