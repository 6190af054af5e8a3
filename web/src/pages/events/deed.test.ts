import { describe, expect, it } from "vitest";

import { deedOf } from "./deed";
import { deedText } from "./words";

const MEMBER = "01222f19b4184d4e8302d67d16acf5e9";

describe("what a call did", () => {
  it.each([
    ["POST", "/v1/group", "created group"],
    ["PATCH", "/v1/group/fed.orders", "changed group fed.orders"],
    ["DELETE", "/v1/group/fed.%E8%AE%A2%E5%8D%95", "removed group fed.订单"],
    ["DELETE", "/v1/group/100%", "removed group 100%"],
    ["PATCH", "/v1/policy/rule", "changed networkRule"],
    ["DELETE", "/v1/admission/rules", "removed admissionRule"],
    ["DELETE", "/v1/admission/rule/1001", "removed admissionRule 1001"],
    ["POST", "/v1/admission/rule/promote", "created admissionRule"],
    ["POST", "/v2/scan/registry", "created registry"],
    ["POST", "/v1/scan/registry/fed.shop/scan", "began registryScan fed.shop"],
    ["DELETE", "/v1/scan/registry/fed.shop/scan", "ended registryScan fed.shop"],
    ["POST", "/v1/scan/sigstore/root_of_trust/r/verifier", "created verifier"],
    ["PATCH", "/v1/scan/sigstore/root_of_trust/r/verifier/v", "changed verifier v"],
    ["POST", "/v1/user/jane/password", "changed user jane"],
    ["DELETE", "/v1/user/jane/session/4f", "ended sessions jane"],
    ["POST", "/v1/user_role", "created role"],
    ["POST", "/v1/fed/promote", "changed federation"],
    ["PATCH", "/v1/fed/rollout_policy", "changed rolloutPolicy"],
    ["DELETE", `/v1/fed/cluster/${MEMBER}`, `removed cluster ${MEMBER}`],
    ["POST", "/v1/vulnerability/profile/default/entry", "changed accepted"],
    ["PATCH", "/v1/something/new", undefined],
    ["GET", "/v1/group", undefined],
    [undefined, undefined, undefined],
  ])("%s %s", (rest_method, rest_request, told) => {
    const deed = deedOf({
      ...(rest_method && { rest_method }),
      ...(rest_request && { rest_request }),
    });
    expect(deed && `${deed.verb} ${deed.object} ${deed.of}`.trim()).toBe(told);
  });

  it("in a cluster is told with the cluster", () => {
    const rest_request = `/v1/fed/cluster/${MEMBER}/v1/admission/state`;
    expect(deedOf({ rest_method: "PATCH", rest_request })).toEqual({
      verb: "changed",
      object: "admissionState",
      of: "",
      cluster: MEMBER,
    });
  });
});

describe("in words", () => {
  const deed = { who: "admin", verb: "changed", object: "group", of: "fed.a" } as const;

  it.each([
    ["group", "", "admin created a group"],
    ["group", "fed.a", "admin created group fed.a"],
    ["apiKey", "", "admin created an API key"],
    ["user", "", "admin created a user"],
    ["settings", "", "admin created the settings"],
  ] as const)("%s %s", (object, of, sentence) => {
    const { did, objects, verbs } = deedText.en;
    expect(did("admin", verbs.created, objects[object], of)).toBe(sentence);
  });

  it.each([
    ["en", "admin changed group fed.a in staging"],
    ["zh", "admin 更改了组 fed.a（集群 staging）"],
  ] as const)("%s", (language, sentence) => {
    const t = deedText[language];
    const told = t.did(deed.who, t.verbs[deed.verb], t.objects[deed.object], deed.of);
    expect(t.within(told, "staging")).toBe(sentence);
  });
});
