//! What each REST path needs, by method and path: the one place where the
//! permission of an endpoint is decided.

use crate::permission::{Access, Permission};

/// What a route demands of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Open,
    /// Any live session.
    Session,
    /// A role that changes everything of the own cluster.
    Admin,
    /// A federation ticket; never served to users.
    Ticket,
    /// A permission, everywhere.
    Permission(Permission),
    /// A permission, everywhere or in some namespace: the endpoint shows and
    /// takes only what is within.
    Somewhere(Permission),
    /// Being the user whom the path names, or else a permission somewhere.
    Oneself(Permission),
}

/// A need with the kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Required {
    /// What is needed.
    pub need: Need,
    /// For reading or for changing.
    pub access: Access,
}

impl Required {
    /// The permission that is needed, where it is one.
    pub const fn permission(self) -> Option<Permission> {
        match self.need {
            Need::Permission(one) | Need::Somewhere(one) | Need::Oneself(one) => Some(one),
            Need::Open | Need::Session | Need::Admin | Need::Ticket => None,
        }
    }
}

/// One line of the table: methods (`*` for all), a path prefix whose segments
/// are compared one by one (`*` stands for any one segment), the need, and
/// whether a call that is not GET only reads, or one that is GET does more.
struct Line(&'static str, &'static str, Need, Reads);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    ByMethod,
    Always,
    Never,
}

use Need::{Admin, Open, Session, Ticket};
use Reads::{Always, ByMethod, Never};

const fn holds(permission: Permission) -> Need {
    Need::Permission(permission)
}

const ADMCTRL: Need = holds(Permission::Admctrl);
const AUDIT_EVENTS: Need = holds(Permission::AuditEvents);
const AUTHENTICATION: Need = holds(Permission::Authentication);
const AUTHORIZATION: Need = holds(Permission::Authorization);
const AUTHORIZATION_SOMEWHERE: Need = Need::Somewhere(Permission::Authorization);
const AUTHORIZATION_OR_ONESELF: Need = Need::Oneself(Permission::Authorization);
const CI_SCAN: Need = holds(Permission::CiScan);
const COMPLIANCE: Need = holds(Permission::Compliance);
const CONFIG: Need = holds(Permission::Config);
const EVENTS: Need = holds(Permission::Events);
const FED: Need = holds(Permission::Fed);
const GROUP: Need = holds(Permission::Group);
const INFRA: Need = holds(Permission::Infra);
const NV_RESOURCE: Need = holds(Permission::NvResource);
const REG_SCAN: Need = holds(Permission::RegScan);
const RT_POLICY: Need = holds(Permission::RtPolicy);
const RT_SCAN: Need = holds(Permission::RtScan);
const SECURITY_EVENTS: Need = holds(Permission::SecurityEvents);
const VULNERABILITY: Need = holds(Permission::Vulnerability);
const WORKLOAD: Need = holds(Permission::Workload);

/// The first line that fits decides, so exceptions stand before their rule.
const TABLE: &[Line] = &[
    Line("*", "/openapi.json", Open, ByMethod),
    // Identity.
    Line("POST", "/v1/auth", Open, ByMethod),
    Line("*", "/v1/auth", Session, ByMethod),
    Line("DELETE", "/v1/fed_auth", Admin, ByMethod),
    Line("POST", "/v1/fed_auth", Open, ByMethod),
    Line("GET", "/v1/token_auth_server/*/slo", Session, ByMethod),
    Line("*", "/v1/token_auth_server", Open, ByMethod),
    Line("*", "/v1/eula", Open, ByMethod),
    Line("GET", "/v1/selfuser", Session, ByMethod),
    Line("GET", "/v1/selfapikey", Session, ByMethod),
    Line("POST", "/v1/user/*/password", AUTHORIZATION, ByMethod),
    Line("*", "/v1/user/*/session", AUTHORIZATION_OR_ONESELF, ByMethod),
    Line("PATCH", "/v1/user/*/role", AUTHORIZATION_SOMEWHERE, ByMethod),
    Line("GET", "/v1/user/*", AUTHORIZATION_OR_ONESELF, ByMethod),
    Line("PATCH", "/v1/user/*", AUTHORIZATION_OR_ONESELF, ByMethod),
    Line("*", "/v1/user", AUTHORIZATION_SOMEWHERE, ByMethod),
    Line("*", "/v1/user_role", AUTHORIZATION, ByMethod),
    Line("*", "/v1/user_role_permission", AUTHORIZATION, ByMethod),
    Line("*", "/v1/api_key", AUTHORIZATION_SOMEWHERE, ByMethod),
    // Who chooses a password needs to know the rules; the rest is left out.
    Line("GET", "/v1/password_profile/*", Session, ByMethod),
    Line("*", "/v1/password_profile", AUTHORIZATION, ByMethod),
    Line("*", "/v1/server", AUTHENTICATION, ByMethod),
    // The federation.
    // Clients ask clusters of every role for it, where nobody holds `fed`.
    Line("GET", "/v1/fed/member", CONFIG, ByMethod),
    // Who lacks it is told of the own cluster: `namespaced_route::of_fleet`.
    Line("GET", "/v1/fed/events", FED, ByMethod),
    // They tell of those lists alone that the caller may read.
    Line("GET", "/v1/fed/stream", Session, ByMethod),
    Line("GET", "/v1/fed/search", Session, ByMethod),
    Line("GET", "/v1/fed/denials", FED, ByMethod),
    Line("GET", "/v1/fed/compliance", FED, ByMethod),
    Line("GET", "/v1/fed/images", FED, ByMethod),
    Line("*", "/v1/fed/policy", FED, ByMethod),
    Line("GET", "/v1/fed/summary", FED, ByMethod),
    Line("*", "/v1/fed/vex", VULNERABILITY, ByMethod),
    Line("GET", "/v1/fed/vulnerabilities", FED, ByMethod),
    Line("GET", "/v1/fed/workloads", FED, ByMethod),
    Line("GET", "/v1/fed/healthcheck", Open, ByMethod),
    Line("POST", "/v1/fed/joint_test_internal", Open, ByMethod),
    Line("POST", "/v1/fed/ping_internal", Open, ByMethod),
    Line("POST", "/v1/fed/command_internal", Admin, ByMethod),
    Line("POST", "/v1/fed/remove_internal", Admin, ByMethod),
    Line("POST", "/v1/fed/csp_support_internal", Ticket, ByMethod),
    Line("POST", "/v1/fed/join_internal", Ticket, ByMethod),
    Line("POST", "/v1/fed/leave_internal", Ticket, ByMethod),
    Line("POST", "/v1/fed/poll_internal", Ticket, ByMethod),
    Line("POST", "/v1/fed/scan_data_internal", Ticket, ByMethod),
    Line("PATCH", "/v1/fed/config", Admin, ByMethod),
    Line("POST", "/v1/fed/join", Admin, ByMethod),
    Line("POST", "/v1/fed/leave", Admin, ByMethod),
    Line("POST", "/v1/fed/promote", Admin, ByMethod),
    Line("POST", "/v1/fed/cluster/*/approve", FED, ByMethod),
    // What a forwarded call may do is decided by the forwarding itself and
    // once more by the cluster that answers it.
    Line("*", "/v1/fed/cluster/*/*", FED, Always),
    Line("*", "/v1/fed", FED, ByMethod),
    // Rules.
    Line("POST", "/v1/admission/rule/promote", FED, ByMethod),
    Line("POST", "/v1/policy/rules/promote", FED, ByMethod),
    Line("*", "/v1/admission", ADMCTRL, ByMethod),
    Line("*", "/v1/assess/admission", ADMCTRL, ByMethod),
    Line("*", "/v1/group", GROUP, ByMethod),
    Line("*", "/v1/service", GROUP, ByMethod),
    Line("*", "/v1/policy", RT_POLICY, ByMethod),
    Line("*", "/v1/response", RT_POLICY, ByMethod),
    Line("*", "/v1/dlp", RT_POLICY, ByMethod),
    Line("*", "/v1/waf", RT_POLICY, ByMethod),
    Line("*", "/v1/process_profile", RT_POLICY, ByMethod),
    Line("*", "/v1/process_rules", RT_POLICY, ByMethod),
    Line("*", "/v1/file_monitor", RT_POLICY, ByMethod),
    Line("*", "/v1/file_monitor_file", Admin, ByMethod),
    Line("*", "/v1/custom_check", COMPLIANCE, ByMethod),
    Line("*", "/v1/compliance", COMPLIANCE, ByMethod),
    Line("*", "/v1/bench", COMPLIANCE, ByMethod),
    Line("*", "/v1/vulnerability", VULNERABILITY, ByMethod),
    // Files: an export reads, an import writes.
    Line("POST", "/v1/file/admission/config", ADMCTRL, ByMethod),
    Line("*", "/v1/file/admission", ADMCTRL, Always),
    Line("POST", "/v1/file/compliance/profile/config", COMPLIANCE, ByMethod),
    Line("*", "/v1/file/compliance/profile", COMPLIANCE, Always),
    Line("POST", "/v1/file/vulnerability/profile/config", VULNERABILITY, ByMethod),
    Line("*", "/v1/file/vulnerability/profile", VULNERABILITY, Always),
    Line("*", "/v1/file/group/config", RT_POLICY, ByMethod),
    Line("*", "/v1/file/group", GROUP, Always),
    Line("POST", "/v1/file/dlp/config", RT_POLICY, ByMethod),
    Line("*", "/v1/file/dlp", RT_POLICY, Always),
    Line("POST", "/v1/file/waf/config", RT_POLICY, ByMethod),
    Line("*", "/v1/file/waf", RT_POLICY, Always),
    Line("POST", "/v1/file/response/rule/config", RT_POLICY, ByMethod),
    Line("*", "/v1/file/response/rule", RT_POLICY, Always),
    Line("GET", "/v1/file/config", CONFIG, ByMethod),
    Line("*", "/v1/file", Admin, ByMethod),
    // Scans.
    // It proves itself with the registry's own secret.
    Line("POST", "/v1/scan/registry/*/webhook", Open, ByMethod),
    Line("*", "/v1/scan/registry", REG_SCAN, ByMethod),
    Line("*", "/v2/scan/registry", REG_SCAN, ByMethod),
    Line("*", "/v1/scan/sigstore", REG_SCAN, ByMethod),
    Line("*", "/v1/scan/repository", CI_SCAN, ByMethod),
    Line("*", "/v1/scan/result", CI_SCAN, ByMethod),
    Line("*", "/v1/scan/scanner", NV_RESOURCE, ByMethod),
    Line("POST", "/v1/scan/asset", RT_SCAN, Always),
    Line("POST", "/v1/scan/hosts/scan_report", RT_SCAN, Always),
    Line("POST", "/v1/scan/workloads/scan_report", RT_SCAN, Always),
    Line("*", "/v1/scan", RT_SCAN, ByMethod),
    Line("*", "/v1/vulasset", RT_SCAN, Always),
    Line("*", "/v1/assetvul", RT_SCAN, Always),
    // Harbor asks for scans as CI does.
    Line("*", "/endpoint/api/v1", CI_SCAN, Never),
    // Lists of words.
    Line("*", "/v1/list/application", RT_POLICY, ByMethod),
    Line("*", "/v1/list/compliance", COMPLIANCE, ByMethod),
    Line("*", "/v1/list/registry_type", REG_SCAN, ByMethod),
    // Logs.
    Line("*", "/v1/log/audit", AUDIT_EVENTS, ByMethod),
    Line("*", "/v1/log/activity", EVENTS, ByMethod),
    Line("*", "/v1/log/event", EVENTS, ByMethod),
    Line("*", "/v1/log", SECURITY_EVENTS, ByMethod),
    // Components.
    Line("POST", "/v1/controller/*/profiling", Admin, ByMethod),
    Line("*", "/v1/controller", NV_RESOURCE, ByMethod),
    Line("GET", "/v1/enforcer/*/probe_containers", Admin, ByMethod),
    Line("GET", "/v1/enforcer/*/probe_processes", Admin, ByMethod),
    Line("GET", "/v1/enforcer/*/probe_summary", Admin, ByMethod),
    Line("POST", "/v1/enforcer/*/profiling", Admin, ByMethod),
    Line("*", "/v1/enforcer", NV_RESOURCE, ByMethod),
    // Workloads and what they do.
    Line("GET", "/v1/workload/*/compliance", COMPLIANCE, ByMethod),
    Line("GET", "/v1/workload/*/config", WORKLOAD, ByMethod),
    Line("GET", "/v1/workload/*/stats", WORKLOAD, ByMethod),
    Line("*", "/v1/workload/*/*", RT_POLICY, ByMethod),
    Line("GET", "/v1/workload", WORKLOAD, ByMethod),
    Line("*", "/v1/workload", RT_POLICY, ByMethod),
    Line("*", "/v2/workload", WORKLOAD, Always),
    Line("GET", "/v1/host/*/compliance", COMPLIANCE, ByMethod),
    Line("*", "/v1/host", INFRA, ByMethod),
    Line("*", "/v1/domain", INFRA, ByMethod),
    Line("DELETE", "/v1/conversation/*/*", RT_POLICY, ByMethod),
    Line("DELETE", "/v1/conversation", Admin, ByMethod),
    Line("*", "/v1/conversation", RT_POLICY, ByMethod),
    Line("DELETE", "/v1/conversation_endpoint", Admin, ByMethod),
    Line("*", "/v1/conversation_endpoint", RT_POLICY, ByMethod),
    Line("*", "/v1/session/summary", Admin, ByMethod),
    Line("DELETE", "/v1/session", Admin, ByMethod),
    Line("*", "/v1/session", RT_POLICY, ByMethod),
    Line("*", "/v1/sniffer", RT_POLICY, ByMethod),
    // The system.
    Line("*", "/v1/system/request", RT_POLICY, ByMethod),
    Line("*", "/v1/system/alerts", Admin, ByMethod),
    Line("*", "/v1/system/usage", Admin, ByMethod),
    Line("*", "/v1/system/score", CONFIG, Always),
    Line("*", "/v1/system", CONFIG, ByMethod),
    Line("*", "/v2/system", CONFIG, ByMethod),
    Line("GET", "/v1/internal/system", CONFIG, ByMethod),
    Line("*", "/v1/internal", Admin, ByMethod),
    Line("*", "/v1/meter", Admin, ByMethod),
    Line("*", "/v1/csp", Admin, ByMethod),
    Line("*", "/v1/partner", CONFIG, ByMethod),
    Line("GET", "/v1/debug/admission_stats", ADMCTRL, ByMethod),
    Line("POST", "/v1/debug/admission/test", ADMCTRL, ByMethod),
    Line("POST", "/v1/debug/server/test", AUTHENTICATION, ByMethod),
    Line("*", "/v1/debug", Admin, ByMethod),
];

/// What `method` on `path` needs. A path that the table does not know needs
/// an administrator: a forgotten line locks out, it never lets in.
pub fn required(method: &str, path: &str) -> Required {
    let path = path.to_ascii_lowercase();
    let by_method =
        if matches!(method, "GET" | "HEAD" | "OPTIONS") { Access::Read } else { Access::Write };
    let method = if method == "HEAD" { "GET" } else { method };
    TABLE
        .iter()
        .find(|Line(methods, prefix, ..)| {
            (*methods == "*" || *methods == method) && has_prefix(&path, prefix)
        })
        .map_or(Required { need: Admin, access: by_method }, |Line(_, _, need, reads)| Required {
            need: *need,
            access: match reads {
                ByMethod => by_method,
                Always => Access::Read,
                Never => Access::Write,
            },
        })
}

fn has_prefix(path: &str, prefix: &str) -> bool {
    let mut segments = path.split('/');
    prefix.split('/').all(|wanted| match segments.next() {
        Some(segment) => wanted == segment || (wanted == "*" && !segment.is_empty()),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(method: &str, path: &str) -> Need {
        required(method, path).need
    }

    #[test]
    fn exceptions_win_over_their_rule() {
        assert_eq!(need("POST", "/v1/auth"), Open);
        assert_eq!(need("PATCH", "/v1/auth"), Session);
        assert_eq!(need("GET", "/v1/fed/member"), CONFIG);
        assert_eq!(need("PATCH", "/v1/fed/config"), Admin);
        assert_eq!(need("GET", "/v1/fed/healthcheck"), Open);
        assert_eq!(need("POST", "/v1/fed/poll_internal"), Ticket);
    }

    #[test]
    fn letter_case_does_not_open_a_door() {
        assert_eq!(need("GET", "/V1/User"), AUTHORIZATION_SOMEWHERE);
        assert_eq!(need("GET", "/V1/User_Role"), AUTHORIZATION);
    }

    #[test]
    fn an_unknown_path_needs_an_administrator() {
        assert_eq!(need("GET", "/v1/tomorrow"), Admin);
        assert_eq!(need("GET", "/v1/userx"), Admin);
    }

    #[test]
    fn exports_read_and_imports_write() {
        assert_eq!(required("POST", "/v1/file/admission").access, Access::Read);
        assert_eq!(required("POST", "/v1/file/admission/config").access, Access::Write);
        assert_eq!(required("POST", "/v1/vulasset").access, Access::Read);
        assert_eq!(required("GET", "/v1/group").access, Access::Read);
        assert_eq!(required("DELETE", "/v1/group/x").access, Access::Write);
    }

    /// The whole list of endpoints that clients know, where it is at hand.
    #[test]
    fn the_table_agrees_with_the_reference() {
        let file =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/reference/rest-endpoints.tsv");
        let Ok(text) = std::fs::read_to_string(file) else {
            eprintln!("skipped: ../shared/reference/rest-endpoints.tsv is not there");
            return;
        };
        let mut wrong = Vec::new();
        for line in text.lines().skip(1) {
            let column: Vec<&str> = line.split('\t').collect();
            let (method, path, listed) = (column[0], column[1], column[8]);
            // Ours is stricter or more exact here.
            if (path == "/v1/auth" && method != "POST")
                || path == "/v1/fed/member"
                || path.starts_with("/v1/self")
                || path.starts_with("/v1/partner")
                || listed == "pwd_profile"
            {
                continue;
            }
            let path = path.replace("{request...}", "v1/group");
            let expected = match listed {
                "open" => Open,
                "admin" => Admin,
                "ticket" => Ticket,
                "any session" => Session,
                id => {
                    let fits = |one: &&Permission| one.id().trim_end_matches("_basic") == id;
                    holds(
                        *Permission::ALL
                            .iter()
                            .find(fits)
                            .unwrap_or_else(|| panic!("{method} {path}: unknown permission {id}")),
                    )
                }
            };
            let actual = match need(method, &path) {
                Need::Somewhere(permission) | Need::Oneself(permission) => holds(permission),
                other => other,
            };
            if actual != expected {
                wrong.push(format!("{method} {path}: {actual:?}, listed {listed}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
