/** The first `most` of several lists, one after the other, each name once. */
export function firstOf<T extends { name: string }>(most: number, ...lists: T[][]): T[] {
  const found = new Map<string, T>();
  for (const one of lists.flat()) if (!found.has(one.name)) found.set(one.name, one);
  return [...found.values()].slice(0, most);
}
