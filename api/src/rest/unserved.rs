//! Calls of the REST API that clients may know and nothing here serves, or the
//! primary alone. Each is answered with 501 and the reason that stands here. The
//! lists only shrink: a call that comes to be served leaves them.

/// Calls that are not served for one reason.
#[derive(Debug)]
pub struct Unserved {
    /// The reason, as the answer tells it.
    pub why: &'static str,
    /// Method and path; `{}` stands for any one segment, `{*}` for all that follow.
    pub calls: &'static [(&'static str, &'static str)],
}

/// What nobody serves.
pub const UNSERVED: &[Unserved] = &[
    Unserved {
        why: "Compliance benchmarks are not run here, so there is nothing to show or to set.",
        calls: &[
            ("GET", "/v1/bench/host/{}/docker"),
            ("POST", "/v1/bench/host/{}/docker"),
            ("GET", "/v1/bench/host/{}/kubernetes"),
            ("POST", "/v1/bench/host/{}/kubernetes"),
            ("GET", "/v1/compliance/asset"),
            ("GET", "/v1/compliance/available_filter"),
            ("GET", "/v1/compliance/profile"),
            ("GET", "/v1/compliance/profile/{}"),
            ("PATCH", "/v1/compliance/profile/{}"),
            ("DELETE", "/v1/compliance/profile/{}/entry/{}"),
            ("PATCH", "/v1/compliance/profile/{}/entry/{}"),
            ("GET", "/v1/custom_check"),
            ("GET", "/v1/custom_check/{}"),
            ("PATCH", "/v1/custom_check/{}"),
            ("POST", "/v1/file/compliance/profile"),
            ("POST", "/v1/file/compliance/profile/config"),
            ("GET", "/v1/host/{}/compliance"),
            ("GET", "/v1/list/compliance"),
            ("GET", "/v1/workload/{}/compliance"),
        ],
    },
    Unserved {
        why: "Traffic is not inspected here, so there are no conversations, sessions or captures.",
        calls: &[
            ("DELETE", "/v1/conversation"),
            ("DELETE", "/v1/conversation/{}/{}"),
            ("GET", "/v1/conversation/{}/{}"),
            ("DELETE", "/v1/conversation_endpoint/{}"),
            ("PATCH", "/v1/conversation_endpoint/{}"),
            ("GET", "/v1/log/threat/{}"),
            ("GET", "/v1/log/violation/workload"),
            ("DELETE", "/v1/session"),
            ("GET", "/v1/session/summary"),
            ("POST", "/v1/sniffer"),
            ("PATCH", "/v1/sniffer/stop/{}"),
            ("DELETE", "/v1/sniffer/{}"),
            ("GET", "/v1/sniffer/{}"),
            ("GET", "/v1/sniffer/{}/pcap"),
        ],
    },
    Unserved {
        why: "No enforcer runs here whose processes, files and counters could be shown or set.",
        calls: &[
            ("GET", "/v1/enforcer/{}"),
            ("PATCH", "/v1/enforcer/{}"),
            ("GET", "/v1/enforcer/{}/config"),
            ("GET", "/v1/enforcer/{}/counter"),
            ("GET", "/v1/enforcer/{}/probe_containers"),
            ("GET", "/v1/enforcer/{}/probe_processes"),
            ("GET", "/v1/enforcer/{}/probe_summary"),
            ("POST", "/v1/enforcer/{}/profiling"),
            ("GET", "/v1/enforcer/{}/stats"),
            ("GET", "/v1/file_monitor_file"),
            ("GET", "/v1/group/{}/stats"),
            ("GET", "/v1/host/{}/process_profile"),
            ("GET", "/v1/process_rules/{}"),
            ("GET", "/v1/response/workload_rules/{}"),
            ("POST", "/v1/workload/request/{}"),
            ("PATCH", "/v1/workload/{}"),
            ("GET", "/v1/workload/{}/config"),
            ("GET", "/v1/workload/{}/file_profile"),
            ("GET", "/v1/workload/{}/process"),
            ("GET", "/v1/workload/{}/process_history"),
            ("GET", "/v1/workload/{}/process_profile"),
            ("GET", "/v1/workload/{}/stats"),
        ],
    },
    Unserved {
        why: "Nothing is learned here, so there are no services to set a mode for.",
        calls: &[
            ("POST", "/v1/service"),
            ("PATCH", "/v1/service/config"),
            ("PATCH", "/v1/service/config/network"),
            ("PATCH", "/v1/service/config/profile"),
            ("GET", "/v1/service/{}"),
            ("POST", "/v1/system/request"),
        ],
    },
    Unserved {
        why: "A controller has no switches; it tells more of itself at /metrics.",
        calls: &[
            ("PATCH", "/v1/controller/{}"),
            ("GET", "/v1/controller/{}/config"),
            ("GET", "/v1/controller/{}/counter"),
            ("POST", "/v1/controller/{}/profiling"),
        ],
    },
    Unserved {
        why: "It looks into the inner state of another implementation.",
        calls: &[
            ("POST", "/v1/debug/admission/test"),
            ("GET", "/v1/debug/controller/sync"),
            ("POST", "/v1/debug/controller/sync/{}"),
            ("GET", "/v1/debug/dlp/mac"),
            ("GET", "/v1/debug/dlp/rule"),
            ("GET", "/v1/debug/dlp/wlrule"),
            ("GET", "/v1/debug/internal_subnets"),
            ("GET", "/v1/debug/ip2workload"),
            ("GET", "/v1/debug/policy/rule"),
            ("GET", "/v1/debug/registry/image/{}"),
            ("GET", "/v1/debug/system/stats"),
            ("GET", "/v1/debug/workload/intercept"),
            ("GET", "/v1/internal/system"),
            ("GET", "/v1/meter"),
        ],
    },
    Unserved {
        why: "Clusters join and speak to the primary over gRPC, by their own connection to port 11443.",
        calls: &[
            ("POST", "/v1/fed/command_internal"),
            ("POST", "/v1/fed/csp_support_internal"),
            ("POST", "/v1/fed/join_internal"),
            ("POST", "/v1/fed/joint_test_internal"),
            ("POST", "/v1/fed/leave_internal"),
            ("POST", "/v1/fed/ping_internal"),
            ("POST", "/v1/fed/poll_internal"),
            ("POST", "/v1/fed/remove_internal"),
            ("POST", "/v1/fed/scan_data_internal"),
            ("DELETE", "/v1/fed_auth"),
            ("POST", "/v1/fed_auth"),
        ],
    },
    Unserved {
        why: "Services of cloud vendors and partners are not integrated here.",
        calls: &[
            ("POST", "/v1/csp/file/support"),
            ("GET", "/v1/partner/ibm_sa/{}/setup"),
            ("POST", "/v1/partner/ibm_sa/{}/setup/{}"),
            ("GET", "/v1/partner/ibm_sa/{}/setup/{}"),
            ("GET", "/v1/partner/ibm_sa_config"),
            ("GET", "/v1/partner/ibm_sa_ep"),
        ],
    },
    Unserved {
        why: "Most of this score is what enforcers see of modes and of connections to the outside, \
              and no enforcer runs here: computed without, it would call a cluster safe.",
        calls: &[("GET", "/v1/system/score/metrics"), ("POST", "/v1/system/score/metrics")],
    },
    Unserved {
        why: "What needs attention is shown for as long as it does.",
        calls: &[("POST", "/v1/internal/alert")],
    },
];

/// What the primary serves, and no cluster for itself.
pub const PRIMARY_ONLY: &[Unserved] = &[
    Unserved {
        why: "Users, roles, keys, passwords and directories are those of the primary: ask it.",
        calls: &[
            ("POST", "/v1/api_key"),
            ("DELETE", "/v1/api_key/{}"),
            ("GET", "/v1/api_key/{}"),
            ("POST", "/v1/auth/{}"),
            ("POST", "/v1/debug/server/test"),
            ("GET", "/v1/password_profile"),
            ("GET", "/v1/password_profile/{}"),
            ("PATCH", "/v1/password_profile/{}"),
            ("GET", "/v1/selfapikey"),
            ("POST", "/v1/server"),
            ("DELETE", "/v1/server/{}"),
            ("GET", "/v1/server/{}"),
            ("PATCH", "/v1/server/{}"),
            ("PATCH", "/v1/server/{}/group/{}"),
            ("PATCH", "/v1/server/{}/groups"),
            ("PATCH", "/v1/server/{}/role/{}"),
            ("GET", "/v1/server/{}/user"),
            ("GET", "/v1/token_auth_server/{}"),
            ("POST", "/v1/token_auth_server/{}"),
            ("GET", "/v1/token_auth_server/{}/slo"),
            ("POST", "/v1/user"),
            ("DELETE", "/v1/user/{}"),
            ("PATCH", "/v1/user/{}"),
            ("POST", "/v1/user/{}/password"),
            ("PATCH", "/v1/user/{}/role/{}"),
            ("GET", "/v1/user_role"),
            ("POST", "/v1/user_role"),
            ("DELETE", "/v1/user_role/{}"),
            ("GET", "/v1/user_role/{}"),
            ("PATCH", "/v1/user_role/{}"),
            ("GET", "/v1/user_role_permission/options"),
        ],
    },
    Unserved {
        why: "Registries and repositories are scanned by the primary, which also verifies \
              signatures and accepts vulnerabilities: ask it.",
        calls: &[
            ("POST", "/v1/assetvul"),
            ("POST", "/v1/file/vulnerability/profile"),
            ("POST", "/v1/file/vulnerability/profile/config"),
            ("GET", "/v1/list/registry_type"),
            ("GET", "/v1/scan/asset"),
            ("GET", "/v1/scan/asset/images"),
            ("POST", "/v1/scan/asset/images"),
            ("GET", "/v1/scan/image/{}"),
            ("GET", "/v1/scan/registry/{}/layers/{}"),
            ("DELETE", "/v1/scan/registry/{}/test"),
            ("POST", "/v1/scan/registry/{}/test"),
            ("POST", "/v1/scan/repository"),
            ("POST", "/v1/scan/result/repository"),
            ("POST", "/v1/scan/sigstore/root_of_trust"),
            ("DELETE", "/v1/scan/sigstore/root_of_trust/{}"),
            ("GET", "/v1/scan/sigstore/root_of_trust/{}"),
            ("PATCH", "/v1/scan/sigstore/root_of_trust/{}"),
            ("GET", "/v1/scan/sigstore/root_of_trust/{}/verifier"),
            ("POST", "/v1/scan/sigstore/root_of_trust/{}/verifier"),
            ("DELETE", "/v1/scan/sigstore/root_of_trust/{}/verifier/{}"),
            ("GET", "/v1/scan/sigstore/root_of_trust/{}/verifier/{}"),
            ("PATCH", "/v1/scan/sigstore/root_of_trust/{}/verifier/{}"),
            ("GET", "/v1/vulasset"),
            ("POST", "/v1/vulasset"),
            ("GET", "/v1/vulnerability/profile"),
            ("GET", "/v1/vulnerability/profile/{}"),
            ("PATCH", "/v1/vulnerability/profile/{}"),
            ("POST", "/v1/vulnerability/profile/{}/entry"),
            ("DELETE", "/v1/vulnerability/profile/{}/entry/{}"),
            ("PATCH", "/v1/vulnerability/profile/{}/entry/{}"),
            ("POST", "/v2/scan/registry/{}/test"),
        ],
    },
    Unserved {
        why: "The primary tells how much there is of everything, and what needs attention.",
        calls: &[("GET", "/v1/system/alerts"), ("GET", "/v1/system/usage")],
    },
    Unserved {
        why: "The primary writes exports of what is federated to a repository: ask it.",
        calls: &[
            ("POST", "/v1/system/config/remote_repository"),
            ("DELETE", "/v1/system/config/remote_repository/{}"),
            ("PATCH", "/v1/system/config/remote_repository/{}"),
        ],
    },
    Unserved {
        why: "Only the primary of a federation has members and exports what is federated.",
        calls: &[
            ("DELETE", "/v1/fed/cluster/{}"),
            ("DELETE", "/v1/fed/cluster/{}/{*}"),
            ("GET", "/v1/fed/cluster/{}/{*}"),
            ("PATCH", "/v1/fed/cluster/{}/{*}"),
            ("POST", "/v1/fed/cluster/{}/{*}"),
            ("GET", "/v1/fed/healthcheck"),
            ("GET", "/v1/fed/view/{}"),
            ("POST", "/v1/file/fed_config"),
        ],
    },
];

/// Why the call is served by nobody; none where it is, or nobody knows it.
pub fn reason(method: &str, path: &str) -> Option<&'static str> {
    find(UNSERVED, method, path)
}

/// Why a cluster does not serve the call; none where it does, or nobody knows it.
pub fn reason_in_cluster(method: &str, path: &str) -> Option<&'static str> {
    find(UNSERVED, method, path).or_else(|| find(PRIMARY_ONLY, method, path))
}

fn find(list: &[Unserved], method: &str, path: &str) -> Option<&'static str> {
    let fits = |known: &str| {
        let (mut known, mut asked) = (known.split('/'), path.split('/'));
        loop {
            match (known.next(), asked.next()) {
                (None, None) | (Some("{*}"), Some(_)) => return true,
                (Some("{}"), Some(_)) => {}
                (Some(known), Some(asked)) if known == asked => {}
                _ => return false,
            }
        }
    };
    list.iter()
        .find(|unserved| unserved.calls.iter().any(|(known, at)| *known == method && fits(at)))
        .map(|unserved| unserved.why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_known_by_method_and_segments() {
        for (method, path, known) in [
            ("GET", "/v1/sniffer/7", true),
            ("GET", "/v1/sniffer/7/pcap", true),
            ("GET", "/v1/sniffer", false),
            ("GET", "/v1/sniffer/7/other", false),
            ("PUT", "/v1/sniffer/7", false),
            ("GET", "/v1/conversation/a/b", true),
            ("GET", "/v1/conversation/a", false),
        ] {
            assert_eq!(reason(method, path).is_some(), known, "{method} {path}");
        }
    }

    #[test]
    fn what_only_the_primary_serves_is_told_by_clusters() {
        for (method, path, told) in [
            ("POST", "/v1/user", true),
            ("GET", "/v1/user", false),
            ("GET", "/v1/fed/cluster/7/v1/group", true),
            ("GET", "/v1/sniffer/7", true),
            ("GET", "/v1/nothing", false),
        ] {
            assert_eq!(reason_in_cluster(method, path).is_some(), told, "{method} {path}");
        }
        assert_eq!(reason("POST", "/v1/user"), None);
    }

    #[test]
    fn each_call_stands_once() {
        let calls = |list: &'static [Unserved]| list.iter().flat_map(|unserved| unserved.calls);
        let mut once: Vec<_> = calls(UNSERVED).chain(calls(PRIMARY_ONLY)).collect();
        let all = once.len();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all);
        for (list, most) in [(UNSERVED, 99), (PRIMARY_ONLY, 75)] {
            assert!(calls(list).count() <= most, "the list only shrinks");
        }
    }
}
