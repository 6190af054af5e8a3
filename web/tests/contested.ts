// What one person changes by a form and another one past it, at nearly the same time.

import { generateKeyPairSync } from "node:crypto";
import type { Locator } from "playwright-core";

import { change, create, get, memberId, remove } from "./api";

const stamp = Date.now().toString(36);

/** How such a thing comes, is changed by both, and goes. */
interface Thing {
  make: () => Promise<unknown>;
  /** Where the form is. */
  form: () => string | Promise<string>;
  theirs: () => Promise<unknown>;
  /** Where it is read, and the other one's word in it. */
  path: string;
  word: string;
  drop: () => Promise<unknown>;
}

interface InDialog extends Thing {
  /** What opens it there, if the address alone does not. */
  opener?: string;
  field: string | RegExp;
  mine: string;
}

interface OnPage extends Thing {
  /** Changes it in the page. */
  mine: (main: Locator) => Promise<unknown>;
}

export type Contested = InDialog | OnPage;

const NAME = `since-${stamp}`;
const FED = `fed.${NAME}`;
const CVE = `CVE-2002-${stamp}`;
const ROOT = "/v1/scan/sigstore/root_of_trust";
const PROFILE = "/v1/vulnerability/profile/default";
const KEY = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .publicKey.export({ type: "spki", format: "pem" })
  .toString();

const group = (comment: string) => ({
  config: {
    name: FED,
    cfg_type: "federal",
    criteria: [{ key: "service", op: "=", value: "roaster" }],
    comment,
  },
});
const role = (comment: string) => ({
  config: { name: NAME, comment, permissions: [{ id: "events", read: true, write: false }] },
});
const ldap = (group_dn: string) => ({
  config: {
    name: NAME,
    ldap: { hostname: "127.0.0.1", base_dn: "dc=shop", enable: false, group_dn },
  },
});
const registry = (filter: string) => ({
  config: {
    ...{ name: FED, registry_type: "Docker Registry", registry: "http://127.0.0.1:1/" },
    ...{ filters: [filter], cfg_type: "federal" },
  },
});
const webhook = (host: string) => ({
  config: { name: FED, url: `https://${host}.example/`, enable: true, cfg_type: "federal" },
});
const root = (comment: string) => ({
  ...{ name: NAME, is_private: true, rootless_keypairs_only: true, cfg_type: "federal" },
  comment,
});
const verifier = (comment: string) => ({
  ...{ name: "baker", verifier_type: "keypair", public_key: KEY, comment },
});
const accepted = async () => {
  const { profile } = await get<{ profile: { entries: { id: number }[] } }>(
    `${PROFILE}?f_name=${CVE}`,
  );
  return profile.entries[0]?.id ?? 0;
};
const entry = (id: number, comment: string) => ({
  config: { id, name: CVE, comment, days: 0, images: [], domains: [] },
});
const order = (...auth_order: string[]) => change("/v1/system/config", { config: { auth_order } });
const labels = async (of: Record<string, string>) =>
  change(`/v1/fed/member/${await memberId("staging")}/labels`, { labels: of });
const policy = (most_errors: number) =>
  change("/v1/fed/rollout_policy", { policy: { enable: false, stages: [], most_errors } });

/** A thing of each kind that has a form. */
export const CONTESTED: [what: string, Contested][] = [
  [
    "a group",
    {
      make: () => create("/v1/group", group("at first")),
      form: () => `/groups?q=${FED}&open=${FED}`,
      field: "Comment",
      mine: "mine",
      theirs: () => change(`/v1/group/${FED}`, group("theirs")),
      path: `/v1/group?scope=fed&f_name=${FED}`,
      word: "theirs",
      drop: () => remove(`/v1/group/${FED}`),
    },
  ],
  [
    "a provider",
    {
      make: () => create("/v1/server", ldap("ou=first")),
      form: () => `/providers?open=${NAME}`,
      field: /^Groups below/,
      mine: "ou=mine",
      theirs: () => change(`/v1/server/${NAME}`, ldap("ou=theirs")),
      path: `/v1/server/${NAME}`,
      word: "ou=theirs",
      drop: () => remove(`/v1/server/${NAME}`),
    },
  ],
  [
    "a user",
    {
      make: () =>
        create("/v1/user", {
          user: { fullname: NAME, username: NAME, password: `Beans-${stamp}-1`, role: "reader" },
        }),
      form: () => `/users?open=${NAME}`,
      field: "E-mail",
      mine: "mine@example.org",
      theirs: () => change(`/v1/user/${NAME}`, { config: { email: "theirs@example.org" } }),
      path: `/v1/user/${NAME}`,
      word: "theirs@example.org",
      drop: () => remove(`/v1/user/${NAME}`),
    },
  ],
  [
    "a role",
    {
      make: () => create("/v1/user_role", role("first")),
      form: () => `/roles?open=${NAME}`,
      field: "Comment",
      mine: "mine",
      theirs: () => change(`/v1/user_role/${NAME}`, role("theirs")),
      path: `/v1/user_role/${NAME}`,
      word: "theirs",
      drop: () => remove(`/v1/user_role/${NAME}`),
    },
  ],
  [
    "a registry",
    {
      make: () => create("/v1/scan/registry", registry("first/*")),
      form: () => `/registries/${FED}?open=edit`,
      field: "Filters",
      mine: "mine/*",
      theirs: () => change(`/v1/scan/registry/${FED}`, registry("theirs/*")),
      path: `/v1/scan/registry/${FED}`,
      word: "theirs/*",
      drop: () => remove(`/v1/scan/registry/${FED}`),
    },
  ],
  [
    "a webhook",
    {
      make: () => create("/v1/system/config/webhook?scope=fed", webhook("first")),
      form: () => `/system?open=webhook&name=${FED}`,
      field: "Address",
      mine: "https://mine.example/",
      theirs: () => change(`/v1/system/config/webhook/${FED}?scope=fed`, webhook("theirs")),
      path: "/v1/system/config?scope=fed",
      word: "theirs.example",
      drop: () => remove(`/v1/system/config/webhook/${FED}?scope=fed`),
    },
  ],
  [
    "a root of trust",
    {
      make: () => create(ROOT, root("first")),
      form: () => `/verifiers?open=root+${NAME}`,
      field: "Comment",
      mine: "mine",
      theirs: () => change(`${ROOT}/${NAME}`, { comment: "theirs" }),
      path: `${ROOT}/${NAME}`,
      word: "theirs",
      drop: () => remove(`${ROOT}/${NAME}`),
    },
  ],
  [
    "a verifier",
    {
      make: async () => {
        await create(ROOT, root("of a verifier"));
        await create(`${ROOT}/${NAME}/verifier`, verifier("first"));
      },
      form: () => `/verifiers?open=verifier+${NAME}+baker`,
      field: "Comment",
      mine: "mine",
      theirs: () => change(`${ROOT}/${NAME}/verifier/baker`, verifier("theirs")),
      path: `${ROOT}/${NAME}/verifier/baker`,
      word: "theirs",
      drop: () => remove(`${ROOT}/${NAME}`),
    },
  ],
  [
    "an accepted vulnerability",
    {
      make: () => create(`${PROFILE}/entry`, entry(0, "first")),
      form: async () => `/accepted?open=${await accepted()}`,
      field: "Reason",
      mine: "mine",
      theirs: async () => {
        const id = await accepted();
        await change(`${PROFILE}/entry/${id}`, entry(id, "theirs"));
      },
      path: `${PROFILE}?f_name=${CVE}`,
      word: "theirs",
      drop: async () => remove(`${PROFILE}/entry/${await accepted()}`),
    },
  ],
  [
    "the stages of rollouts",
    {
      make: () => policy(1),
      form: () => "/history?tab=rollouts",
      opener: "Change the stages",
      field: "Clusters that may report errors",
      mine: "2",
      theirs: () => policy(73),
      path: "/v1/fed/rollout_policy",
      word: "73",
      drop: () => policy(0),
    },
  ],
  [
    "the labels of a cluster",
    {
      make: () => labels({ first: stamp }),
      form: async () => `/clusters/${await memberId("staging")}`,
      mine: async (main) => {
        await main.getByLabel("Labels", { exact: true }).last().fill(`mine=${stamp}`);
        await main.getByRole("button", { name: "Save" }).click();
      },
      theirs: () => labels({ theirs: stamp }),
      path: "/v1/fed/member?f_name=staging",
      word: `"theirs":"${stamp}"`,
      drop: () => labels({}),
    },
  ],
  [
    "the order of sign-in",
    {
      make: async () => {
        await create("/v1/server", ldap("ou=ordered"));
        await order("local", NAME);
      },
      form: () => "/providers",
      mine: (main) => main.getByRole("button", { name: `Move ${NAME} up` }).click(),
      theirs: () => order("local"),
      path: "/v1/system/config",
      word: '"auth_order":["local"]',
      drop: async () => {
        await order();
        await remove(`/v1/server/${NAME}`);
      },
    },
  ],
];
