// Where a rule goes when it is moved in a list.

/**
 * The id after which `id` has to stand so that it takes the place of `target`;
 * 0 is the beginning. Undefined where nothing would change.
 */
export function afterFor(ids: number[], id: number, target: number): number | undefined {
  const from = ids.indexOf(id);
  const to = ids.indexOf(target);
  if (from < 0 || to < 0 || from === to) return undefined;
  // Downwards it follows the target, upwards it follows what was before it.
  return to > from ? target : (ids[to - 1] ?? 0);
}

/** The rule above or below, where there is one. */
export function neighbour(ids: number[], id: number, step: 1 | -1): number | undefined {
  const at = ids.indexOf(id);
  return at < 0 ? undefined : ids[at + step];
}
