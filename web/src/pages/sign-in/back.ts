/** Where somebody goes after the sign-in: to a path of the portal itself. It is looked at as
 * browsers read it, who take a backslash for a slash and pass over tabs. */
export function back(to: string | undefined, origin: string): string {
  if (!to?.startsWith("/") || !URL.canParse(to, origin)) return "/";
  const { origin: there, pathname, search, hash } = new URL(to, origin);
  const isOwn = there === origin && !pathname.startsWith("//");
  return isOwn && !pathname.startsWith("/sign-in") ? pathname + search + hash : "/";
}
