// Which number a rule got that was just inserted: no answer says it.

import type { Target } from "../../api/client";
import type { Owner } from "./owner";

/** Asks for the newest rule of its owner's: it has the highest number. */
export function newest({ cfgType, target }: Pick<Owner, "cfgType" | "target">): Target {
  return { ...target, query: { ...target.query, f_cfg_type: cfgType, s_id: "desc", limit: 1 } };
}

interface Numbered {
  id?: number;
}

/** Inserts a rule and gives its number; none where that cannot be told, since somebody else made
 * one at the same time or nobody answered. */
export async function inserted<Rule extends Numbered>(
  insert: () => Promise<unknown>,
  readNewest: () => Promise<Rule | undefined>,
  isIt: (rule: Rule) => boolean,
): Promise<number | undefined> {
  const highest = await readNewest().then(
    (rule) => rule?.id ?? 0,
    () => Number.POSITIVE_INFINITY,
  );
  await insert();
  const rule = await readNewest().catch(() => undefined);
  return rule?.id !== undefined && rule.id > highest && isIt(rule) ? rule.id : undefined;
}
