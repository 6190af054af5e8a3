// What the server says of what a file did not bring.

const SECRET =
  /^(.+): what it (?:is logged in|proves itself) with; give it by PATCH \/v1\/(scan\/registry|server)\/\S+$/;

/** Whose secret is missing, and the form that takes it; none where something else is said. */
export function secretOf(what: string) {
  const [, name, kind] = SECRET.exec(what) ?? [];
  if (!name) return undefined;
  return kind === "server"
    ? { name, to: "/providers", open: name }
    : { name, to: `/registries/${encodeURIComponent(name)}`, open: "edit" };
}
