//! What a caller may call in a cluster whose roles are in some of its namespaces
//! alone: the routes that keep to these, and those that show nothing of any. All
//! others are refused, so a route that is forgotten here locks out and never lets in.

use crate::permission::Permission;
use crate::route_list::{Line, names};

const ADMITTED: &[Line] = &[
    // Oneself.
    Line("*", "/v1/auth"),
    Line("GET", "/v1/selfuser"),
    // What runs, and what was found in it.
    Line("GET", "/v1/workload"),
    Line("GET", "/v1/workload/*"),
    Line("GET", "/v2/workload"),
    Line("POST", "/v2/workload"),
    Line("GET", "/v2/workload/*"),
    Line("GET", "/v1/domain"),
    Line("*", "/v1/scan/workload/*"),
    Line("POST", "/v1/scan/workloads/scan_report"),
    Line("GET", "/v1/scan/registry"),
    Line("GET", "/v1/scan/registry/*"),
    Line("GET", "/v1/scan/registry/*/images"),
    Line("GET", "/v1/scan/registry/*/image/*"),
    // Nodes are nobody's namespace's: there are none.
    Line("GET", "/v1/host"),
    Line("GET", "/v1/host/*"),
    Line("GET", "/v1/system/summary"),
    // What happened.
    Line("GET", "/v1/log/activity"),
    Line("GET", "/v1/log/audit"),
    Line("GET", "/v1/log/event"),
    Line("GET", "/v1/log/incident"),
    Line("GET", "/v1/log/security"),
    Line("GET", "/v1/log/threat"),
    Line("GET", "/v1/log/violation"),
    // Groups of these namespaces, what belongs to them, and rules that name them.
    Line("*", "/v1/group"),
    Line("*", "/v1/group/*"),
    Line("GET", "/v1/policy/rule"),
    Line("PATCH", "/v1/policy/rule"),
    Line("*", "/v1/policy/rule/*"),
    Line("GET", "/v1/response/rule"),
    Line("PATCH", "/v1/response/rule"),
    Line("*", "/v1/response/rule/*"),
    Line("GET", "/v1/process_profile"),
    Line("*", "/v1/process_profile/*"),
    Line("GET", "/v1/file_monitor"),
    Line("*", "/v1/file_monitor/*"),
    Line("GET", "/v1/dlp/group"),
    Line("*", "/v1/dlp/group/*"),
    Line("GET", "/v1/waf/group"),
    Line("*", "/v1/waf/group/*"),
    // What everybody may choose from.
    Line("GET", "/v1/dlp/sensor"),
    Line("GET", "/v1/dlp/sensor/*"),
    Line("GET", "/v1/dlp/rule"),
    Line("GET", "/v1/dlp/rule/*"),
    Line("GET", "/v1/waf/sensor"),
    Line("GET", "/v1/waf/sensor/*"),
    Line("GET", "/v1/waf/rule"),
    Line("GET", "/v1/waf/rule/*"),
    Line("GET", "/v1/response/options"),
    Line("GET", "/v1/list/application"),
];

/// Lists of the fleet that tell clusters and namespaces apart, and what must be read in a
/// namespace, or everywhere, by who is told of it.
const OF_FLEET: &[(&str, &[Permission])] = &[
    ("/v1/fed/summary", &[Permission::Workload, Permission::Events]),
    ("/v1/fed/events", &[Permission::Events]),
    ("/v1/fed/events/timeline", &[Permission::Events]),
    ("/v1/fed/denials", &[Permission::Events]),
    ("/v1/fed/denials/timeline", &[Permission::Events]),
];

/// What somebody must read in a namespace to be told of it by `method` on a path of the
/// primary; none where that tells no namespaces apart.
pub fn of_fleet(method: &str, path: &str) -> Option<&'static [Permission]> {
    let list = OF_FLEET.iter().find(|(list, _)| names(&[Line("GET", list)], method, path));
    list.map(|(_, permissions)| *permissions)
}

/// Whether `method` on a path of a cluster may be called by somebody who has roles in
/// some namespaces alone.
pub fn admits(method: &str, path: &str) -> bool {
    names(ADMITTED, method, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::Access;
    use crate::{Caller, Need, Role, Roles, route_access};

    #[test]
    fn only_what_is_named_is_admitted() {
        for (method, path) in [
            ("GET", "/v1/workload"),
            ("HEAD", "/V1/Workload/x"),
            ("POST", "/v2/workload"),
            ("PATCH", "/v1/group/nv.orders.shop"),
            ("DELETE", "/v1/policy/rule/7"),
            ("POST", "/v1/scan/workload/x"),
        ] {
            assert!(admits(method, path), "{method} {path}");
        }
        for (method, path) in [
            // All of a list is also that of others.
            ("DELETE", "/v1/policy/rule"),
            ("DELETE", "/v1/response/rule"),
            ("POST", "/v1/file/group"),
            ("POST", "/v1/file/group/config"),
            // What is about the whole cluster.
            ("GET", "/v1/admission/rules"),
            ("PATCH", "/v1/admission/state"),
            ("POST", "/v1/assess/admission/rule"),
            ("GET", "/v1/system/config"),
            ("PATCH", "/v1/system/config"),
            ("POST", "/v1/dlp/sensor"),
            ("GET", "/v1/scan/host/x"),
            ("POST", "/v1/scan/hosts/scan_report"),
            ("GET", "/v1/scan/platform"),
            ("GET", "/v1/controller"),
            ("GET", "/v1/fed/member"),
            ("GET", "/v1/user"),
            ("GET", "/v1/workload/x/stats"),
            ("GET", "/v1/tomorrow"),
            ("GET", ""),
        ] {
            assert!(!admits(method, path), "{method} {path}");
        }
    }

    /// A line whose permission is worth nothing within a namespace would admit nobody.
    #[test]
    fn an_administrator_of_a_namespace_reads_all_that_is_named() {
        let roles = Roles::parse("", &[("admin".to_owned(), vec!["shop".to_owned()])].into());
        let caller = Caller::forwarded_within("mary", &roles.unwrap());
        for Line(methods, path) in ADMITTED {
            let method = if *methods == "*" { "GET" } else { *methods };
            let required = route_access::required(method, path);
            assert!(caller.satisfies_somewhere(required), "{method} {path}");
            if required.need != Need::Session && required.need != Need::Open {
                assert!(!caller.satisfies(required), "{method} {path}");
            }
        }
        assert!(!Caller::forwarded("nobody", Role::None).rights.are_of_namespaces());
        let reader = Roles::parse("", &[("reader".to_owned(), vec!["shop".to_owned()])].into());
        let reader = Caller::forwarded_within("rita", &reader.unwrap());
        let write = route_access::required("PATCH", "/v1/group/x");
        assert_eq!(write.access, Access::Write);
        assert!(!reader.satisfies_somewhere(write));
    }
}
