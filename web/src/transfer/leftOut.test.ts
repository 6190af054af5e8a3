import { expect, it } from "vitest";

import { secretOf } from "./leftOut";

it.each([
  [
    "fed.a: what it is logged in with; give it by PATCH /v1/scan/registry/fed.a",
    { name: "fed.a", to: "/registries/fed.a", open: "edit" },
  ],
  [
    "ldap1: what it proves itself with; give it by PATCH /v1/server/ldap1",
    { name: "ldap1", to: "/providers", open: "ldap1" },
  ],
  ["fed.a: policymode Protect", undefined],
])("of “%s”, the form that takes a secret is %j", (what, form) => {
  expect(secretOf(what)).toEqual(form);
});
