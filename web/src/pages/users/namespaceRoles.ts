// Roles that somebody has in single namespaces, beside their role everywhere.

/** A role in some namespaces, as it is typed. */
export interface NamespaceRole {
  role: string;
  /** Names or patterns, with commas between. */
  namespaces: string;
}

/** What the field of namespaces must match: a role without one would be none. */
export const NAMED = ".*[^,\\s].*";

/** Roles as the REST API has them: namespaces by role. */
export type RoleDomains = Record<string, string[]>;

export function draftOfRoles(domains: RoleDomains | null | undefined): NamespaceRole[] {
  return Object.entries(domains ?? {}).map(([role, namespaces]) => ({
    role,
    namespaces: namespaces.join(", "),
  }));
}

/** What is sent of them: a role that stands in two rows has the namespaces of both. */
export function rolesOf(draft: NamespaceRole[]): RoleDomains {
  const domains: RoleDomains = {};
  for (const { role, namespaces } of draft) {
    const named = namespaces
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean);
    if (named.length > 0) domains[role] = [...(domains[role] ?? []), ...named];
  }
  return domains;
}
