// What the form of a registry holds, and what is sent of it.

import type { Schema } from "../../api/client";
import { partsOf } from "./kinds";

export type Config = Schema<"RegistryConfig">;
type Registry = Schema<"RegistrySummary">;

export interface Draft {
  name: string;
  kind: string;
  address: string;
  filters: string;
  username: string;
  password: string;
  token: string;
  schedule: string;
  minutes: number;
  layers: boolean;
  rescan: boolean;
  awsId: string;
  region: string;
  accessKey: string;
  secretKey: string;
  jsonKey: string;
  jfrogMode: string;
  gitlabUrl: string;
  gitlabToken: string;
  ibmUrl: string;
  ibmAccount: string;
}

/** The form of a registry; secrets are never given, so they are empty. */
export function draftOf(registry: Registry | undefined): Draft {
  return {
    name: registry?.name ?? "fed.",
    kind: registry?.registry_type ?? "Docker Registry",
    address: registry?.registry ?? "https://",
    filters: (registry?.filters ?? ["*"]).join("\n"),
    username: registry?.username ?? "",
    password: "",
    token: "",
    schedule: registry?.schedule?.schedule ?? "manual",
    minutes: Math.max(5, Math.round((registry?.schedule?.interval ?? 3_600) / 60)),
    layers: registry?.scan_layers ?? false,
    rescan: registry?.rescan_after_db_update ?? true,
    awsId: registry?.aws_key?.id ?? "",
    region: registry?.aws_key?.region ?? "",
    accessKey: "",
    secretKey: "",
    jsonKey: "",
    jfrogMode: registry?.jfrog_mode || "Repository Path",
    gitlabUrl: registry?.gitlab_external_url ?? "",
    gitlabToken: "",
    ibmUrl: registry?.ibm_cloud_token_url ?? "",
    ibmAccount: registry?.ibm_cloud_account ?? "",
  };
}

/** Whether something is typed in the place of what the server shows nobody. */
export function replacesSecrets(draft: Draft): boolean {
  const { password, token, accessKey, secretKey, jsonKey, gitlabToken } = draft;
  return [password, token, accessKey, secretKey, jsonKey, gitlabToken].some(Boolean);
}

/** What is sent: only what the kind knows, and no secret that nobody typed. */
export function configOf(draft: Draft): Config {
  const parts = partsOf(draft.kind);
  const config: Config = {
    name: draft.name,
    registry_type: draft.kind,
    registry: draft.address,
    filters: draft.filters
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean),
    schedule: {
      schedule: draft.schedule,
      interval: draft.schedule === "periodical" ? draft.minutes * 60 : 0,
    },
    scan_layers: draft.layers,
    rescan_after_db_update: draft.rescan,
    cfg_type: "federal",
  };
  if (parts.includes("password")) {
    config.username = draft.username;
    if (draft.password) config.password = draft.password;
  }
  if (parts.includes("token") && draft.token) {
    config.auth_with_token = true;
    config.auth_token = draft.token;
  }
  if (parts.includes("aws")) {
    config.aws_key = {
      id: draft.awsId,
      region: draft.region,
      ...(draft.accessKey && { access_key_id: draft.accessKey }),
      ...(draft.secretKey && { secret_access_key: draft.secretKey }),
    };
  }
  if (parts.includes("gcr") && draft.jsonKey) config.gcr_key = { json_key: draft.jsonKey };
  if (parts.includes("jfrog")) config.jfrog_mode = draft.jfrogMode;
  if (parts.includes("gitlab")) {
    config.gitlab_external_url = draft.gitlabUrl;
    if (draft.gitlabToken) config.gitlab_private_token = draft.gitlabToken;
  }
  if (parts.includes("ibm")) {
    config.ibm_cloud_token_url = draft.ibmUrl;
    config.ibm_cloud_account = draft.ibmAccount;
  }
  return config;
}
