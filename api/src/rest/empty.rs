//! What a cluster without anything in it answers: lists that are empty and
//! counts of zero, so that clients go on working where nothing is enforced.

use serde_json::{Value, json};

use super::scan::AssetScanReportData;
use super::server::ServersData;

/// The answer to a GET of `path` (without its version); none for what only
/// exists in a cluster.
pub fn body(path: &str) -> Option<Value> {
    Some(match path {
        "admission/state" => json!({"state": {
            "enable": false, "mode": "monitor", "default_action": "allow",
            "adm_client_mode": "service", "failure_policy": "ignore",
            "adm_client_mode_options": {"service": "", "url": ""},
            "ctrl_states": {"validate": false}, "cfg_type": "user_created",
        }, "k8s_env": false}),
        "admission/stats" | "debug/admission_stats" => json!({"stats": {
            "k8s_allowed_requests": 0, "k8s_denied_requests": 0, "k8s_erroneous_requests": 0,
            "k8s_ignored_requests": 0, "k8s_processing_requests": 0, "jenkins_allowed_requests": 0,
            "jenkins_denied_requests": 0, "jenkins_erroneous_requests": 0,
        }}),
        "controller" => json!({"controllers": []}),
        "conversation" => json!({"conversations": [], "endpoints": []}),
        "conversation_endpoint" => json!({"endpoints": []}),
        "dlp/group" => json!({"dlp_groups": []}),
        "waf/group" => json!({"waf_groups": []}),
        "dlp/sensor" | "waf/sensor" => json!({"sensors": []}),
        "domain" => json!({"domains": [], "tag_per_domain": false}),
        "enforcer" => json!({"enforcers": []}),
        "file_monitor" => json!({"profiles": []}),
        "host" => json!({"hosts": []}),
        "log/activity" | "log/event" => json!({"events": []}),
        "log/audit" => json!({"audits": []}),
        "log/incident" => json!({"incidents": []}),
        "log/security" => json!({"threats": [], "incidents": [], "violations": []}),
        "log/threat" => json!({"threats": []}),
        "log/violation" => json!({"violations": []}),
        "process_profile" => json!({"process_profiles": []}),
        "response/rule" => json!({"rules": []}),
        "scan/config" => json!({"config": {
            "auto_scan": false, "enable_auto_scan_workload": false, "enable_auto_scan_host": false,
        }}),
        "scan/platform" => json!({"platforms": []}),
        "scan/scanner" => json!({"scanners": []}),
        "scan/status" => json!({"status": {
            "scanned": 0, "scheduled": 0, "scanning": 0, "failed": 0,
            "cvedb_version": "", "cvedb_create_time": "",
        }}),
        "service" => json!({"services": []}),
        "session" => json!({"sessions": []}),
        "sniffer" => json!({"sniffers": []}),
        "system/summary" => json!({"summary": {
            "hosts": 0, "controllers": 0, "enforcers": 0, "disconnected_enforcers": 0,
            "domains": 0, "workloads": 0, "running_workloads": 0, "running_pods": 0,
            "services": 0, "policy_rules": 0, "scanners": 0, "platform": "",
            "kube_version": "", "openshift_version": "", "cvedb_version": "",
            "cvedb_create_time": "", "component_versions": [],
        }}),
        "workload" => json!({"workloads": []}),
        _ => return None,
    })
}

/// The answer to a POST of `path` that lists what its body asks for; none for others.
pub fn asked_list(path: &str) -> Option<Value> {
    Some(match path {
        "/v1/scan/hosts/scan_report" | "/v1/scan/workloads/scan_report" => {
            json!(AssetScanReportData::default())
        }
        "/v2/workload" => json!({"workloads": []}),
        _ => return None,
    })
}

/// What [`body`] tells, and of what only the primary has any of.
pub fn body_in_cluster(path: &str) -> Option<Value> {
    Some(match path {
        "api_key" => json!({"apikeys": [], "global_roles": [], "domain_roles": []}),
        "scan/image" => json!({"images": []}),
        "scan/sigstore/root_of_trust" => json!({"roots_of_trust": []}),
        "server" => json!(ServersData::default()),
        "token_auth_server" => json!({"servers": []}),
        _ => return body(path),
    })
}

/// Whether a GET of `path` (without its version) is about one thing in a cluster: in
/// one without anything there is none.
pub fn is_of_one(path: &str) -> bool {
    let of_one = |beginning: &str| {
        path.strip_prefix(beginning).is_some_and(|id| !id.is_empty() && !id.contains('/'))
    };
    let areas = ["controller/", "host/", "scan/host/", "scan/workload/", "workload/"];
    path == "scan/platform/platform"
        || areas.into_iter().any(of_one)
        || path.starts_with("controller/") && path.ends_with("/stats")
}
