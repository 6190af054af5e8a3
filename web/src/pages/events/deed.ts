// What somebody did, taken from the parts of a record: the server's own sentence of it is in one
// language alone.

/** The parts of records that say who did what. */
export interface DeedRecord {
  name?: string;
  user?: string;
  user_addr?: string;
  rest_method?: string;
  rest_request?: string;
  operation?: string;
  resource_kind?: string;
  workload_name?: string;
  workload_domain?: string;
}

/** What calls change, by the beginnings of their paths: the first that fits tells. */
const OBJECTS = [
  ["/admission/state", "admissionState"],
  ["/admission/rule", "admissionRule"],
  ["/api_key", "apiKey"],
  ["/dlp/sensor", "dlpSensor"],
  ["/dlp/group", "dlpGroup"],
  ["/waf/sensor", "wafSensor"],
  ["/waf/group", "wafGroup"],
  ["/domain", "namespace"],
  ["/eula", "terms"],
  ["/fed/authority", "authority"],
  ["/fed/cluster", "cluster"],
  ["/fed/history", "rollback"],
  ["/fed/member", "labels"],
  ["/fed/policy", "policy"],
  ["/fed/rollout_policy", "rolloutPolicy"],
  ["/fed/rollout", "rollout"],
  ["/fed/vex", "vex"],
  ["/fed", "federation"],
  ["/file/vulnerability", "accepted"],
  ["/file/admission", "admissionRule"],
  ["/file/response", "responseRule"],
  ["/file/group", "group"],
  ["/file/dlp", "dlpSensor"],
  ["/file/waf", "wafSensor"],
  ["/file", "configuration"],
  ["/file_monitor", "fileProfile"],
  ["/group", "group"],
  ["/password_profile", "passwordProfile"],
  ["/policy/rule", "networkRule"],
  ["/process_profile", "processProfile"],
  ["/response/rule", "responseRule"],
  ["/scan/config", "autoScan"],
  ["/scan/host", "nodeScan"],
  ["/scan/workload", "containerScan"],
  ["/scan/platform", "platformScan"],
  ["/scan/registry", "registry"],
  ["/scan/sigstore/root_of_trust", "rootOfTrust"],
  ["/server", "provider"],
  ["/system/config/webhook", "webhook"],
  ["/system/config", "settings"],
  ["/user_role", "role"],
  ["/user", "user"],
  ["/vulnerability/profile", "accepted"],
  ["/workload", "container"],
] as const;

export type DeedObject = (typeof OBJECTS)[number][1] | "registryScan" | "verifier" | "sessions";

/** What a call does to it. */
export type DeedVerb = "created" | "changed" | "removed" | "began" | "ended" | "exported";

export interface Deed {
  verb: DeedVerb;
  object: DeedObject;
  /** How the object is called, where the path says so. */
  of: string;
  /** The member that was asked, by its id. */
  cluster: string | undefined;
}

const VERBS: Record<string, DeedVerb> = { POST: "created", PATCH: "changed", DELETE: "removed" };
/** Posts to these make nothing that is new. */
const CHANGED_BY_POST: DeedObject[] = [
  "terms",
  "authority",
  "cluster",
  "federation",
  "policy",
  "configuration",
];
/** A part of a path that names nothing, though it follows an object. */
const WORDS = ["promote", "config", "rule", "profile", "profiles"];

function isUnder(path: string, prefix: string): boolean {
  // Rules are named in the singular and in the plural.
  return path === prefix || path.startsWith(`${prefix}/`) || path.startsWith(`${prefix}s`);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What a call did; none where its path is not known. */
export function deedOf({ name, rest_method, rest_request }: DeedRecord): Deed | undefined {
  const through = /^\/v1\/fed\/cluster\/([^/]+)(\/v[12]\/.*)$/.exec(rest_request ?? "");
  const path = (through?.[2] ?? rest_request ?? "").replace(/^\/v[12](?=\/)/, "");
  const known = OBJECTS.find(([prefix]) => isUnder(path, prefix));
  let verb = VERBS[rest_method ?? ""];
  if (name?.startsWith("Configuration.Export")) verb = "exported";
  if (!known || !verb) return undefined;
  const [prefix] = known;
  let object: DeedObject = known[1];
  const parts = path.slice(prefix.length).split("/").slice(1).map(decoded);
  const [of = "", next = "", inner = ""] = parts;
  if (object.endsWith("Scan") || (object === "registry" && next === "scan")) {
    if (object === "registry") object = "registryScan";
    verb = rest_method === "DELETE" ? "ended" : "began";
  } else if (object === "rootOfTrust" && next === "verifier") {
    return { verb, object: "verifier", of: inner, cluster: through?.[1] };
  } else if (object === "user" && next === "session") {
    return { verb: "ended", object: "sessions", of, cluster: through?.[1] };
  } else if (verb === "created" && (next !== "" || CHANGED_BY_POST.includes(object))) {
    verb = "changed";
  }
  const isNamed = !WORDS.includes(of) && object !== "federation" && object !== "accepted";
  return { verb, object, of: isNamed ? of : "", cluster: through?.[1] };
}
