// What is typed of a provider, and what of it is sent.

import type { Schema } from "../../api/client";
import { standsAlone } from "../users/scope";

export type Server = Schema<"Server">;
export type Kind = "ldap" | "saml" | "oidc";
export type GroupRoles = Schema<"GroupRoleMapping">;

/** How a setting is typed. */
export type Input = "text" | "url" | "number" | "secret" | "lines" | "switch" | "binding";

export interface Setting {
  id: string;
  input: Input;
  required?: boolean;
}

const text = (id: string, required = false): Setting => ({ id, input: "text", required });
const url = (id: string, required = false): Setting => ({ id, input: "url", required });
const lines = (id: string): Setting => ({ id, input: "lines" });
const secret = (id: string): Setting => ({ id, input: "secret" });
const choice = (id: string): Setting => ({ id, input: "switch" });
const binding = (id: string): Setting => ({ id, input: "binding" });

/** The settings of each kind, in the order of the form. */
export const SETTINGS: Record<Kind, Setting[]> = {
  ldap: [
    text("hostname", true),
    { id: "port", input: "number" },
    choice("ssl"),
    choice("start_tls"),
    text("base_dn", true),
    text("group_dn"),
    text("bind_dn"),
    secret("bind_password"),
    text("username_attr"),
    text("group_member_attr"),
    text("user_filter"),
    text("group_filter"),
    choice("nested_groups"),
    lines("ca_cert"),
  ],
  saml: [
    lines("idp_metadata"),
    text("issuer"),
    url("sso_url"),
    binding("sso_binding"),
    lines("x509_cert"),
    text("group_claim"),
    choice("authn_signing_enabled"),
    choice("slo_enabled"),
    url("slo_url"),
    binding("slo_binding"),
    lines("signing_cert"),
    { id: "signing_key", input: "lines" },
  ],
  oidc: [
    url("issuer", true),
    text("client_id", true),
    secret("client_secret"),
    text("group_claim"),
    text("scopes"),
    choice("use_proxy"),
    lines("ca_cert"),
  ],
};

/** What the metadata of a provider of SAML say. */
const DESCRIBED = ["issuer", "sso_url", "sso_binding", "slo_url", "slo_binding", "x509_cert"];

/** Never shown by the server: what is left empty stays as it is. */
const KEPT = ["bind_password", "client_secret", "signing_key", "idp_metadata"];

export interface Draft {
  name: string;
  kind: Kind;
  enable: boolean;
  directory: string;
  defaultRole: string;
  groups: GroupRoles[];
  values: Record<string, string | boolean>;
}

export function kindOf(server: Server): Kind {
  return server.ldap ? "ldap" : server.saml ? "saml" : "oidc";
}

/** The signs of a provider's name. */
export const NAMED = "[A-Za-z0-9_\\-]+";

/** Below which address a provider finds us; nowhere before it has its name, which is part of it. */
export function addressOf(name: string, origin: string): string | undefined {
  return new RegExp(`^${NAMED}$`).test(name) ? `${origin}/v1/token_auth_server/${name}` : undefined;
}

/** What all kinds have. */
export function commonOf(server: Server) {
  return server.ldap ?? server.saml ?? server.oidc;
}

/** The form of a provider that is there, or of a new one. */
export function draftOf(server: Server | undefined, kind: Kind): Draft {
  const known: Record<string, unknown> = { ...(server && commonOf(server)) };
  const values: Draft["values"] = {};
  for (const { id, input } of SETTINGS[kind]) {
    const value = known[id];
    if (input === "switch") values[id] = value === true;
    else if (input === "binding") values[id] = value === "post" ? "post" : "redirect";
    else if (Array.isArray(value)) values[id] = value.join(" ");
    else values[id] = value === undefined || value === 0 ? "" : String(value);
  }
  return {
    name: server?.server_name ?? "",
    kind,
    enable: server ? known.enable === true : true,
    directory: typeof known.directory === "string" ? known.directory : "OpenLDAP",
    defaultRole: typeof known.default_role === "string" ? known.default_role : "",
    groups: (known.group_mapped_roles as GroupRoles[] | undefined) ?? [],
    values,
  };
}

/** What is sent of the settings. */
export function settingsOf(draft: Draft): Record<string, unknown> {
  const sent: Record<string, unknown> = {
    enable: draft.enable,
    default_role: draft.defaultRole,
    group_mapped_roles: draft.groups.filter(({ group }) => group).map(asGroup),
  };
  const described = draft.kind === "saml" && Boolean(draft.values.idp_metadata);
  for (const { id, input } of SETTINGS[draft.kind]) {
    const value = draft.values[id];
    if (input === "switch") sent[id] = value === true;
    else if (id === "scopes") sent[id] = String(value).split(/\s+/).filter(Boolean);
    else if (input === "number") sent[id] = Number(value) || 0;
    else if (value || !KEPT.includes(id)) {
      // What the metadata says is not typed beside it.
      const fromMetadata = described && DESCRIBED.includes(id);
      if (!fromMetadata) sent[id] = value;
    }
  }
  if (draft.kind === "ldap") sent.directory = draft.directory;
  return sent;
}

/** The roles of a group as they can be. */
function asGroup(one: GroupRoles): GroupRoles {
  return standsAlone(one.global_role ?? "", one.access_scope) ? { ...one, role_domains: {} } : one;
}

/** Whether a group has no role at all: the server keeps none of these. */
export function givesNothing({ global_role, role_domains }: GroupRoles): boolean {
  return !global_role && Object.keys(role_domains ?? {}).length === 0;
}

/** Whether something is typed in the place of what the server shows nobody. */
export function replacesSecrets({ values }: Draft): boolean {
  return KEPT.some((id) => Boolean(values[id]));
}

/** What is sent of a provider. */
export function configOf(draft: Draft) {
  return { name: draft.name, [draft.kind]: settingsOf(draft) } as Schema<"ServerConfig">;
}

/** A group one place further up or down. */
export function moved<T>(list: T[], at: number, by: 1 | -1): T[] {
  const next = [...list];
  const [taken] = next.splice(at, 1);
  if (taken !== undefined) next.splice(at + by, 0, taken);
  return next;
}
