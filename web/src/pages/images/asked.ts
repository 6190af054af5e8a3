// Which images a registry is asked for, by what somebody types to choose one.

import { listQuery } from "../../routing/search";

/** Questions whose answers together have what `typed` may mean: a part of `repository:tag`, or of
 * the registry's name, which means all that it has. */
export function questionsFor(registry: string, typed: string): Record<string, string>[] {
  const isNamed = typed !== "" && registry.toLowerCase().includes(typed.toLowerCase());
  return isNamed ? [askedBy(typed), {}] : [askedBy(typed)];
}

function askedBy(typed: string): Record<string, string> {
  const [q = "", tag = ""] = typed.split(":");
  return {
    ...listQuery({ q }, "repository", {}),
    ...(tag && { f_tag: `in,${tag.replace(/[,|].*$/, "")}` }),
  };
}
