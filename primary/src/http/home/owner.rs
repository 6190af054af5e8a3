//! Whose object a call is about: one of the federation, which the primary
//! keeps, or one of a cluster. Names and ids tell, then the scope, then what
//! the body says.

use http::Method;
use palisade_policy::rule_id::RuleIds;
use palisade_policy::{FED_PREFIX, admission, network_rule, response_rule};
use serde_json::Value;

use crate::http::query::{Query, Scope};

/// Whose object a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The federation's.
    Federation,
    /// A cluster's.
    Cluster,
    /// The body tells.
    Body,
}

/// Objects with names, by the beginning of their paths.
const NAMED: [&str; 8] = [
    "/v1/group",
    "/v1/process_profile",
    "/v1/file_monitor",
    "/v1/dlp/sensor",
    "/v1/dlp/group",
    "/v1/waf/sensor",
    "/v1/waf/group",
    "/v1/system/config/webhook",
];

/// Objects with ids, by the beginning of their paths.
const NUMBERED: [(&str, RuleIds); 3] = [
    ("/v1/policy/rule", network_rule::FED_IDS),
    ("/v1/response/rule", response_rule::FED_IDS),
    ("/v1/admission/rule", admission::rule::FED_IDS),
];

/// Lists of both with a path of their own.
const LISTS: [&str; 4] =
    ["/v1/admission/rules", "/v1/dlp/rule", "/v1/waf/rule", "/v1/response/options"];

/// Registries, by the beginning of their paths: the primary answers all calls about them.
const REGISTRIES: [&str; 2] = ["/v1/scan/registry", "/v2/scan/registry"];

/// Exports and imports.
const FILES: [&str; 5] = [
    "/v1/file/group",
    "/v1/file/admission",
    "/v1/file/response/rule",
    "/v1/file/dlp",
    "/v1/file/waf",
];

/// Whose object the call is about; none for calls that know no owners.
pub(super) fn of_call(method: &Method, path: &str, query: &Query) -> Option<Owner> {
    let said = match query.scope() {
        Ok(Some(Scope::Fed)) => Some(Owner::Federation),
        Ok(Some(Scope::Local)) => Some(Owner::Cluster),
        // The endpoint refuses a wrong one.
        Ok(None) => None,
        Err(_) => return Some(Owner::Federation),
    };
    let of = |is_federated: bool| if is_federated { Owner::Federation } else { Owner::Cluster };
    // Lists hold both; what is written says whose it is, and all is all of the own.
    let of_list = match *method {
        Method::GET => Owner::Federation,
        Method::DELETE => Owner::Cluster,
        _ => Owner::Body,
    };
    for area in NAMED {
        if let Some(rest) = path.strip_prefix(area) {
            return match rest.strip_prefix('/') {
                Some(name) => Some(said.unwrap_or_else(|| of(name.starts_with(FED_PREFIX)))),
                None if rest.is_empty() => Some(said.unwrap_or(of_list)),
                None => None,
            };
        }
    }
    if LISTS.contains(&path) {
        return Some(said.unwrap_or(of_list));
    }
    for (area, ids) in NUMBERED {
        if let Some(rest) = path.strip_prefix(area) {
            return match rest.strip_prefix('/') {
                Some(id) => {
                    let id = id.parse().ok()?;
                    Some(said.unwrap_or_else(|| of(ids.contains(id))))
                }
                None if rest.is_empty() => Some(said.unwrap_or(of_list)),
                None => None,
            };
        }
    }
    // The whole configuration is that of the primary, unless somebody says otherwise.
    if path == "/v1/file/config" {
        return Some(said.unwrap_or(Owner::Federation));
    }
    // Without a scope, files are those of the own cluster.
    let file = path.strip_suffix("/config").unwrap_or(path);
    FILES.contains(&file).then(|| said.unwrap_or(Owner::Cluster))
}

/// Whether the call is about what the federation and clusters both have, whatever its
/// query says of that.
pub(super) fn is_of_both(method: &Method, path: &str) -> bool {
    let is_registry = |area: &str| {
        path.strip_prefix(area).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    REGISTRIES.into_iter().any(is_registry) || of_call(method, path, &Query::default()).is_some()
}

/// Whether the call is about an object of a cluster, or about the list of them, and not
/// about a file: what files are about, their endpoints tell.
pub(super) fn is_object_of_cluster(method: &Method, path: &str, query: &Query) -> bool {
    !path.starts_with("/v1/file/") && of_call(method, path, query) == Some(Owner::Cluster)
}

/// Whether a body of such a call says that it is about the federation's
/// objects.
pub(super) fn body_says_federal(body: &Value) -> bool {
    let config = &body["config"];
    let ids = [&body["move"]["id"], &config["id"]];
    let named = config["name"].as_str().is_some_and(|name| name.starts_with(FED_PREFIX));
    let inserted = body["insert"]["rules"].as_array().into_iter().flatten();
    let deleted = body["delete"].as_array().into_iter().flatten();
    // A whole list of a cluster names what is federated as well.
    let whole = body["rules"].as_array().filter(|rules| !rules.is_empty());
    named
        || says_federal(config)
        || inserted.into_iter().any(says_federal)
        || whole.is_some_and(|rules| rules.iter().all(says_federal))
        || ids.into_iter().chain(deleted).any(is_federal_id)
}

fn says_federal(object: &Value) -> bool {
    object["cfg_type"] == "federal" || is_federal_id(&object["id"])
}

fn is_federal_id(id: &Value) -> bool {
    // The widest of the ranges, which are all but the same.
    let id = id.as_u64().and_then(|id| u32::try_from(id).ok());
    id.is_some_and(|id| network_rule::FED_IDS.contains(id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_path_and_the_scope_tell_the_owner() {
        use Owner::{Body, Cluster, Federation};
        for (method, call, owner) in [
            (Method::GET, "/v1/group", Some(Federation)),
            (Method::GET, "/v1/group?scope=fed", Some(Federation)),
            (Method::GET, "/v1/group?scope=local", Some(Cluster)),
            (Method::GET, "/v1/group?scope=wrong", Some(Federation)),
            (Method::POST, "/v1/group", Some(Body)),
            (Method::GET, "/v1/group/fed.orders", Some(Federation)),
            (Method::GET, "/v1/group/nv.orders.shop", Some(Cluster)),
            (Method::GET, "/v1/group/nv.orders.shop/stats", Some(Cluster)),
            (Method::PATCH, "/v1/process_profile/nodes", Some(Cluster)),
            (Method::PATCH, "/v1/file_monitor/fed.orders", Some(Federation)),
            (Method::POST, "/v1/dlp/sensor", Some(Body)),
            (Method::DELETE, "/v1/waf/sensor/mine", Some(Cluster)),
            (Method::GET, "/v1/dlp/rule", Some(Federation)),
            (Method::GET, "/v1/policy/rule/100001", Some(Federation)),
            (Method::GET, "/v1/policy/rule/10001", Some(Cluster)),
            (Method::GET, "/v1/policy/rule/x", None),
            (Method::PATCH, "/v1/policy/rule", Some(Body)),
            (Method::DELETE, "/v1/policy/rule", Some(Cluster)),
            (Method::DELETE, "/v1/admission/rules", Some(Cluster)),
            (Method::DELETE, "/v1/admission/rules?scope=fed", Some(Federation)),
            (Method::DELETE, "/v1/admission/rule/1000", Some(Cluster)),
            (Method::DELETE, "/v1/system/config/webhook/fed.x", Some(Federation)),
            (Method::GET, "/v1/file/config", Some(Federation)),
            (Method::POST, "/v1/file/config?scope=local", Some(Cluster)),
            (Method::POST, "/v1/file/group", Some(Cluster)),
            (Method::POST, "/v1/file/response/rule/config?scope=fed", Some(Federation)),
            (Method::GET, "/v1/groups", None),
            (Method::GET, "/v1/system/config", None),
            (Method::GET, "/v1/workload", None),
        ] {
            let (path, query) = call.split_once('?').unwrap_or((call, ""));
            assert_eq!(of_call(&method, path, &Query::parse(query)), owner, "{method} {call}");
        }
    }

    #[test]
    fn not_every_call_knows_of_scopes() {
        for (method, path, of_both) in [
            (Method::POST, "/v1/group", true),
            (Method::DELETE, "/v1/policy/rule/100001", true),
            (Method::POST, "/v1/scan/registry", true),
            (Method::PATCH, "/v2/scan/registry/fed.x", true),
            (Method::POST, "/v1/file/group/config", true),
            (Method::POST, "/v1/scan/repository", false),
            (Method::POST, "/v1/policy/rules/promote", false),
            // The cluster tells.
            (Method::POST, "/v1/fed/cluster/1/v1/group", false),
            (Method::GET, "/v1/token_auth_server/openId1", false),
        ] {
            assert_eq!(is_of_both(&method, path), of_both, "{method} {path}");
        }
    }

    #[test]
    fn the_body_tells_where_the_path_does_not() {
        for (body, federal) in [
            (json!({ "config": { "name": "fed.orders" } }), true),
            (json!({ "config": { "name": "orders", "cfg_type": "user_created" } }), false),
            (json!({ "config": { "id": 0, "cfg_type": "federal" } }), true),
            (json!({ "config": { "id": 100_001 } }), true),
            (json!({ "config": { "id": 1_000 } }), false),
            (json!({ "insert": { "rules": [{ "id": 0, "cfg_type": "federal" }] } }), true),
            (json!({ "insert": { "rules": [{ "id": 5 }] } }), false),
            (json!({ "rules": [{ "id": 100_002 }] }), true),
            (json!({ "rules": [{ "id": 100_002 }, { "id": 7 }] }), false),
            (json!({ "rules": [] }), false),
            (json!({ "move": { "id": 100_001, "after": 0 } }), true),
            (json!({ "move": { "id": 10_001, "after": 0 } }), false),
            (json!({ "delete": [100_001] }), true),
            (json!({ "delete": [1] }), false),
            (json!([]), false),
            (Value::Null, false),
        ] {
            assert_eq!(body_says_federal(&body), federal, "{body}");
        }
    }
}
