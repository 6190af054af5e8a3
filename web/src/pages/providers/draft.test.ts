import { describe, expect, it } from "vitest";

import {
  addressOf,
  configOf,
  draftOf,
  givesNothing,
  moved,
  type Server,
  settingsOf,
} from "./draft";

const saml: Server = {
  server_name: "saml1",
  server_type: "saml",
  saml: {
    sso_url: "https://idp/sso",
    issuer: "https://idp",
    x509_cert: "PEM",
    x509_certs: [],
    group_claim: "",
    enable: true,
    default_role: "reader",
    group_mapped_roles: [{ group: "ops", global_role: "reader", role_domains: { admin: ["a"] } }],
    authn_signing_enabled: false,
    signing_cert: "",
    slo_enabled: false,
    slo_url: "",
    sso_binding: "post",
    slo_binding: "redirect",
  },
};

describe("a provider", () => {
  it.each([
    ["openId1", "https://palisade/v1/token_auth_server/openId1"],
    ["", undefined],
    ["two words", undefined],
  ])("called “%s” finds us at %s", (name, address) => {
    expect(addressOf(name, "https://palisade")).toBe(address);
  });

  it("is sent as it came, without the secrets that nobody typed", () => {
    const sent = settingsOf(draftOf(saml, "saml"));
    expect(sent).toMatchObject({
      issuer: "https://idp",
      default_role: "reader",
      sso_binding: "post",
      slo_binding: "redirect",
      group_mapped_roles: saml.saml?.group_mapped_roles,
    });
    expect(sent).not.toHaveProperty("signing_key");
    expect(sent).not.toHaveProperty("idp_metadata");
  });

  it("has nothing beside a role of a group that stands alone", () => {
    const draft = draftOf(saml, "saml");
    const role_domains = { admin: ["shop"] };
    draft.groups = [
      { group: "limited", global_role: "fedReader", access_scope: { domains: ["shop-*"] } },
      { group: "free", global_role: "fedReader", access_scope: {} },
      { group: "all", global_role: "admin" },
    ].map((one) => ({ ...one, role_domains }));
    const sent = settingsOf(draft).group_mapped_roles as typeof draft.groups;
    expect(sent.map((one) => one.role_domains)).toEqual([{}, role_domains, {}]);
  });

  it.each([
    [{}, true],
    [{ global_role: "", role_domains: {} }, true],
    [{ global_role: "reader" }, false],
    [{ global_role: "", role_domains: { reader: ["shop"] } }, false],
  ])("maps a group to %j: that this is nothing is %s", (roles, nothing) => {
    expect(givesNothing({ group: "ops", ...roles })).toBe(nothing);
  });

  it("is what its metadata says, where they are pasted", () => {
    const draft = draftOf(undefined, "saml");
    draft.values.idp_metadata = "<xml/>";
    const sent = settingsOf(draft);
    expect(sent.idp_metadata).toBe("<xml/>");
    expect(sent).not.toHaveProperty("issuer");
    expect(sent).not.toHaveProperty("sso_binding");
  });

  it("sends browsers by redirections, where nobody says otherwise", () => {
    const sent = settingsOf(draftOf(undefined, "saml"));
    expect(sent).toMatchObject({ sso_binding: "redirect", slo_binding: "redirect" });
  });

  it("has scopes as words, and a port that may be the usual one", () => {
    const draft = { ...draftOf(undefined, "oidc"), name: "openId1" };
    draft.values.scopes = " openid  groups ";
    expect(configOf(draft)).toMatchObject({
      name: "openId1",
      oidc: { scopes: ["openid", "groups"] },
    });
    expect(settingsOf(draftOf(undefined, "ldap"))).toMatchObject({
      port: 0,
      directory: "OpenLDAP",
    });
  });
});

it("moves one thing of a list", () => {
  expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
});
