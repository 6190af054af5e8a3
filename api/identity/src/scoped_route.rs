//! What a caller may call whose role does not reach everything: the routes of
//! the primary that keep to the caller's scope, and those that show nothing of a
//! single cluster. All others are refused, so a route that is forgotten here
//! locks out and never lets in.

use crate::route_list::{Line, names};

/// What patterns below would admit.
const REFUSED: &[Line] =
    &[Line("*", "/v1/fed/cluster/*/approve"), Line("*", "/v1/admission/rule/promote")];

const ADMITTED: &[Line] = &[
    // Oneself.
    Line("*", "/v1/auth"),
    Line("GET", "/v1/token_auth_server/*/slo"),
    Line("GET", "/v1/selfuser"),
    Line("GET", "/v1/selfapikey"),
    Line("GET", "/v1/password_profile/*"),
    // Clusters: the answer has those within.
    Line("GET", "/v1/fed/member"),
    Line("GET", "/v1/fed/member/*/errors"),
    Line("GET", "/v1/fed/search"),
    Line("GET", "/v1/fed/summary"),
    Line("GET", "/v1/fed/workloads"),
    Line("GET", "/v1/fed/images"),
    Line("GET", "/v1/fed/compliance"),
    Line("GET", "/v1/fed/vulnerabilities"),
    Line("GET", "/v1/fed/denials"),
    Line("GET", "/v1/fed/denials/timeline"),
    Line("GET", "/v1/fed/events"),
    Line("GET", "/v1/fed/events/timeline"),
    Line("GET", "/v1/fed/stream"),
    Line("GET", "/v1/fed/view/*"),
    Line("GET", "/v1/fed/object_status"),
    Line("POST", "/v1/fed/admission/dry_run"),
    Line("POST", "/v1/fed/deploy"),
    Line("GET", "/v1/fed/cluster/*/configuration"),
    Line("GET", "/v1/fed/cluster/*/configuration/*"),
    Line("*", "/v1/fed/cluster/*/*"),
    // Images: the answer has those that run within.
    Line("GET", "/v1/scan/registry/*/images"),
    Line("GET", "/v1/scan/registry/*/image/*"),
    Line("GET", "/v1/scan/registry/*/image/*/sbom"),
    Line("GET", "/v1/scan/registry/*/layers/*"),
    // What does not count, and statements about images: for all clusters.
    Line("GET", "/v1/vulnerability/profile"),
    Line("GET", "/v1/vulnerability/profile/*"),
    Line("GET", "/v1/fed/vex"),
    Line("GET", "/v1/fed/vex/*"),
    // What is federated is read by all who read the federation, and written
    // where its clusters are provably within.
    Line("GET", "/v1/scan/registry"),
    Line("GET", "/v1/scan/registry/*"),
    Line("GET", "/v1/list/registry_type"),
    Line("GET", "/v1/fed/history"),
    Line("GET", "/v1/fed/history/*"),
    Line("GET", "/v1/fed/rollout"),
    Line("GET", "/v1/fed/rollout/*"),
    Line("GET", "/v1/fed/rollout_policy"),
    Line("*", "/v1/fed/policy"),
    Line("*", "/v1/admission/rule"),
    Line("*", "/v1/admission/rule/*"),
    Line("*", "/v1/admission/rules"),
    Line("GET", "/v1/admission/options"),
    Line("*", "/v1/policy/rule"),
    Line("*", "/v1/policy/rule/*"),
    Line("*", "/v1/response/rule"),
    Line("*", "/v1/response/rule/*"),
    Line("GET", "/v1/response/options"),
    Line("*", "/v1/group"),
    Line("*", "/v1/group/*"),
    Line("GET", "/v1/process_profile"),
    Line("*", "/v1/process_profile/*"),
    Line("GET", "/v1/file_monitor"),
    Line("*", "/v1/file_monitor/*"),
    Line("*", "/v1/dlp/sensor"),
    Line("*", "/v1/dlp/sensor/*"),
    Line("GET", "/v1/dlp/rule"),
    Line("GET", "/v1/dlp/rule/*"),
    Line("GET", "/v1/dlp/group"),
    Line("*", "/v1/dlp/group/*"),
    Line("*", "/v1/waf/sensor"),
    Line("*", "/v1/waf/sensor/*"),
    Line("GET", "/v1/waf/rule"),
    Line("GET", "/v1/waf/rule/*"),
    Line("GET", "/v1/waf/group"),
    Line("*", "/v1/waf/group/*"),
    Line("GET", "/v1/system/config"),
    Line("GET", "/v2/system/config"),
    Line("GET", "/v1/list/application"),
    Line("POST", "/v1/system/config/webhook"),
    Line("*", "/v1/system/config/webhook/*"),
    Line("GET", "/v1/system/summary"),
    Line("POST", "/v1/file/group"),
    Line("POST", "/v1/file/admission"),
    Line("POST", "/v1/file/response/rule"),
    Line("POST", "/v1/file/dlp"),
    Line("POST", "/v1/file/waf"),
];

/// Whether `method` on a route of the primary may be called by somebody whose
/// role does not reach everything.
pub fn admits(method: &str, path: &str) -> bool {
    !names(REFUSED, method, path) && names(ADMITTED, method, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_admitted() {
        for (method, path) in [
            ("GET", "/v1/fed/member"),
            ("HEAD", "/V1/Fed/Member"),
            ("DELETE", "/v1/fed/cluster/{id}/{*request}"),
            ("PATCH", "/v1/admission/rule"),
            ("GET", "/v1/scan/registry/{name}/image/{id}/sbom"),
        ] {
            assert!(admits(method, path), "{method} {path}");
        }
        for (method, path) in [
            ("POST", "/v1/fed/cluster/{id}/approve"),
            ("POST", "/v1/admission/rule/promote"),
            ("DELETE", "/v1/fed/cluster/{id}"),
            ("PATCH", "/v1/fed/member/{id}/labels"),
            ("GET", "/v1/fed/join_token"),
            ("PATCH", "/v1/fed/rollout/{id}"),
            ("POST", "/v1/fed/history/{revision}/rollback"),
            ("GET", "/v1/user"),
            ("POST", "/v1/scan/registry"),
            ("POST", "/v1/fed/vex"),
            ("GET", "/v1/scan/image"),
            ("GET", "/v1/tomorrow"),
            ("GET", ""),
        ] {
            assert!(!admits(method, path), "{method} {path}");
        }
    }
}
