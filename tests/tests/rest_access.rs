//! Who may call what: every route of the OpenAPI document, with no, wrong and
//! insufficient credentials. A route that is missing from the table fails.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt as _, stream};
use palisade_identity::permission_set::Granted;
use palisade_identity::{Need, Permission, PermissionSet, route_access};
use palisade_tests::Primary;
use palisade_tests::rest::Rest;
use reqwest::Method;
use serde_json::{Value, json};

/// The least that a caller needs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Least {
    /// Nothing.
    Open,
    /// Any session.
    Session,
    /// A role that asks for scans.
    Ci,
    /// A role that reads the own cluster.
    Reader,
    /// A role that changes the own cluster.
    Admin,
    /// A role that reads the federation.
    FedReader,
    /// A role that changes the federation.
    FedAdmin,
}

use Least::{Admin, Ci, FedAdmin, FedReader, Open, Reader, Session};

const TABLE: &[(&str, &str, Least)] = &[
    ("POST", "/v1/auth", Open),
    ("POST", "/v1/auth/{server}", Open),
    ("PATCH", "/v1/auth", Session),
    ("DELETE", "/v1/auth", Session),
    ("GET", "/v1/token_auth_server", Open),
    ("GET", "/v1/eula", Open),
    ("POST", "/v1/eula", Open),
    ("GET", "/v1/selfuser", Session),
    ("GET", "/v1/user", Reader),
    ("POST", "/v1/user", Admin),
    ("GET", "/v1/user/{fullname}", Reader),
    ("PATCH", "/v1/user/{fullname}", Admin),
    ("DELETE", "/v1/user/{fullname}", Admin),
    ("POST", "/v1/user/{fullname}/password", Admin),
    ("PATCH", "/v1/user/{fullname}/role/{role}", Admin),
    ("GET", "/v1/user/{fullname}/session", Reader),
    ("DELETE", "/v1/user/{fullname}/session", Admin),
    ("DELETE", "/v1/user/{fullname}/session/{id}", Admin),
    ("GET", "/v1/user_role", Reader),
    ("POST", "/v1/user_role", Admin),
    ("GET", "/v1/user_role/{name}", Reader),
    ("PATCH", "/v1/user_role/{name}", Admin),
    ("DELETE", "/v1/user_role/{name}", Admin),
    ("GET", "/v1/user_role_permission/options", Reader),
    ("GET", "/v1/api_key", Reader),
    ("POST", "/v1/api_key", Admin),
    ("GET", "/v1/api_key/{name}", Reader),
    ("DELETE", "/v1/api_key/{name}", Admin),
    ("GET", "/v1/selfapikey", Session),
    ("GET", "/v1/password_profile", Reader),
    ("GET", "/v1/password_profile/{name}", Reader),
    ("PATCH", "/v1/password_profile/{name}", Admin),
    ("GET", "/v1/scan/cache_stat/{id}", Reader),
    ("GET", "/v1/scan/cache_data/{id}", Reader),
    ("GET", "/v1/token_auth_server/{server}", Open),
    ("POST", "/v1/token_auth_server/{server}", Open),
    ("GET", "/v1/token_auth_server/{server}/slo", Session),
    ("POST", "/v1/token_auth_server/{server}/acs", Open),
    ("GET", "/v1/token_auth_server/{server}/metadata", Open),
    ("GET", "/v1/token_auth_server/{server}/sls", Open),
    ("POST", "/v1/token_auth_server/{server}/sls", Open),
    ("GET", "/v1/fed/stream", Session),
    ("GET", "/v1/server", Reader),
    ("POST", "/v1/server", Admin),
    ("GET", "/v1/server/{name}", Reader),
    ("PATCH", "/v1/server/{name}", Admin),
    ("DELETE", "/v1/server/{name}", Admin),
    ("PATCH", "/v1/server/{name}/group/{group}", Admin),
    ("PATCH", "/v1/server/{name}/groups", Admin),
    ("PATCH", "/v1/server/{name}/role/{role}", Admin),
    ("GET", "/v1/server/{name}/user", Reader),
    ("POST", "/v1/debug/server/test", Admin),
    ("GET", "/v1/system/summary", Reader),
    ("GET", "/v1/system/config", Reader),
    ("PATCH", "/v1/system/config", Admin),
    ("GET", "/v2/system/config", Reader),
    ("PATCH", "/v2/system/config", Admin),
    ("GET", "/v1/list/application", Reader),
    ("GET", "/v1/fed/healthcheck", Open),
    ("GET", "/v1/fed/member", Reader),
    ("PATCH", "/v1/fed/member/{id}/labels", FedAdmin),
    ("GET", "/v1/fed/history", FedReader),
    ("GET", "/v1/fed/object_status", FedReader),
    ("GET", "/v1/fed/rollout", FedReader),
    ("GET", "/v1/fed/rollout/{id}", FedReader),
    ("PATCH", "/v1/fed/rollout/{id}", FedAdmin),
    ("GET", "/v1/fed/rollout_policy", FedReader),
    ("PATCH", "/v1/fed/rollout_policy", FedAdmin),
    ("GET", "/v1/fed/history/{revision}", FedReader),
    ("POST", "/v1/fed/history/{revision}/rollback", FedAdmin),
    ("GET", "/v1/fed/join_token", FedAdmin),
    ("GET", "/v1/fed/view/{id}", FedReader),
    ("POST", "/v1/fed/promote", Admin),
    ("POST", "/v1/fed/join", Admin),
    ("POST", "/v1/fed/leave", Admin),
    ("POST", "/v1/fed/demote", FedAdmin),
    ("PATCH", "/v1/fed/config", Admin),
    ("POST", "/v1/fed/deploy", FedAdmin),
    ("DELETE", "/v1/fed/cluster/{id}", FedAdmin),
    ("POST", "/v1/fed/cluster/{id}/approve", FedAdmin),
    ("GET", "/v1/fed/cluster/{id}/configuration", FedReader),
    ("GET", "/v1/fed/cluster/{id}/configuration/{revision}", FedReader),
    ("GET", "/v1/fed/authority", FedReader),
    ("POST", "/v1/fed/authority", FedAdmin),
    ("POST", "/v1/policy/rules/promote", FedAdmin),
    ("POST", "/v1/admission/rule/promote", FedAdmin),
    ("POST", "/v1/file/group", Reader),
    ("POST", "/v1/file/group/config", FedAdmin),
    ("POST", "/v1/file/admission", Reader),
    ("POST", "/v1/file/admission/config", FedAdmin),
    ("POST", "/v1/file/response/rule", Reader),
    ("POST", "/v1/file/response/rule/config", FedAdmin),
    ("POST", "/v1/file/dlp", Reader),
    ("POST", "/v1/file/dlp/config", FedAdmin),
    ("POST", "/v1/file/waf", Reader),
    ("POST", "/v1/file/waf/config", FedAdmin),
    ("POST", "/v1/file/fed_config", FedAdmin),
    ("GET", "/v1/response/rule", Reader),
    ("PATCH", "/v1/response/rule", FedAdmin),
    ("DELETE", "/v1/response/rule", FedAdmin),
    ("GET", "/v1/response/rule/{id}", Reader),
    ("PATCH", "/v1/response/rule/{id}", FedAdmin),
    ("DELETE", "/v1/response/rule/{id}", FedAdmin),
    ("GET", "/v1/response/options", Reader),
    ("GET", "/v1/process_profile", Reader),
    ("GET", "/v1/process_profile/{name}", Reader),
    ("PATCH", "/v1/process_profile/{name}", FedAdmin),
    ("GET", "/v1/file_monitor", Reader),
    ("GET", "/v1/file_monitor/{name}", Reader),
    ("PATCH", "/v1/file_monitor/{name}", FedAdmin),
    ("POST", "/v1/system/config/webhook", FedAdmin),
    ("PATCH", "/v1/system/config/webhook/{name}", FedAdmin),
    ("DELETE", "/v1/system/config/webhook/{name}", FedAdmin),
    ("GET", "/v1/dlp/sensor", Reader),
    ("POST", "/v1/dlp/sensor", FedAdmin),
    ("GET", "/v1/dlp/sensor/{name}", Reader),
    ("PATCH", "/v1/dlp/sensor/{name}", FedAdmin),
    ("DELETE", "/v1/dlp/sensor/{name}", FedAdmin),
    ("GET", "/v1/dlp/rule", Reader),
    ("GET", "/v1/dlp/rule/{name}", Reader),
    ("GET", "/v1/dlp/group", Reader),
    ("GET", "/v1/dlp/group/{name}", Reader),
    ("PATCH", "/v1/dlp/group/{name}", FedAdmin),
    ("GET", "/v1/waf/sensor", Reader),
    ("POST", "/v1/waf/sensor", FedAdmin),
    ("GET", "/v1/waf/sensor/{name}", Reader),
    ("PATCH", "/v1/waf/sensor/{name}", FedAdmin),
    ("DELETE", "/v1/waf/sensor/{name}", FedAdmin),
    ("GET", "/v1/waf/rule", Reader),
    ("GET", "/v1/waf/rule/{name}", Reader),
    ("GET", "/v1/waf/group", Reader),
    ("GET", "/v1/waf/group/{name}", Reader),
    ("PATCH", "/v1/waf/group/{name}", FedAdmin),
    ("GET", "/v1/group", Reader),
    ("POST", "/v1/group", FedAdmin),
    ("GET", "/v1/group/{name}", Reader),
    ("PATCH", "/v1/group/{name}", FedAdmin),
    ("DELETE", "/v1/group/{name}", FedAdmin),
    ("GET", "/v1/policy/rule", Reader),
    ("PATCH", "/v1/policy/rule", FedAdmin),
    ("DELETE", "/v1/policy/rule", FedAdmin),
    ("GET", "/v1/policy/rule/{id}", Reader),
    ("PATCH", "/v1/policy/rule/{id}", FedAdmin),
    ("DELETE", "/v1/policy/rule/{id}", FedAdmin),
    ("POST", "/v1/admission/rule", FedAdmin),
    ("PATCH", "/v1/admission/rule", FedAdmin),
    ("GET", "/v1/admission/rule/{id}", Reader),
    ("DELETE", "/v1/admission/rule/{id}", FedAdmin),
    ("GET", "/v1/admission/rules", Reader),
    ("DELETE", "/v1/admission/rules", FedAdmin),
    ("GET", "/v1/admission/options", Reader),
    ("GET", "/v1/scan/registry", Reader),
    ("GET", "/v1/scan/scanner", Reader),
    ("GET", "/v1/list/registry_type", Reader),
    ("POST", "/v2/scan/registry", FedAdmin),
    ("PATCH", "/v2/scan/registry/{name}", FedAdmin),
    ("POST", "/v2/scan/registry/{name}/test", FedAdmin),
    ("POST", "/v1/scan/registry", FedAdmin),
    ("GET", "/v1/scan/sigstore/root_of_trust", Reader),
    ("POST", "/v1/scan/sigstore/root_of_trust", Admin),
    ("GET", "/v1/scan/sigstore/root_of_trust/{root_name}", Reader),
    ("PATCH", "/v1/scan/sigstore/root_of_trust/{root_name}", Admin),
    ("DELETE", "/v1/scan/sigstore/root_of_trust/{root_name}", Admin),
    ("GET", "/v1/scan/sigstore/root_of_trust/{root_name}/verifier", Reader),
    ("POST", "/v1/scan/sigstore/root_of_trust/{root_name}/verifier", Admin),
    ("GET", "/v1/scan/sigstore/root_of_trust/{root_name}/verifier/{verifier_name}", Reader),
    ("PATCH", "/v1/scan/sigstore/root_of_trust/{root_name}/verifier/{verifier_name}", Admin),
    ("DELETE", "/v1/scan/sigstore/root_of_trust/{root_name}/verifier/{verifier_name}", Admin),
    ("GET", "/v1/scan/registry/{name}", Reader),
    ("PATCH", "/v1/scan/registry/{name}", FedAdmin),
    ("DELETE", "/v1/scan/registry/{name}", FedAdmin),
    ("POST", "/v1/scan/registry/{name}/scan", FedAdmin),
    ("DELETE", "/v1/scan/registry/{name}/scan", FedAdmin),
    ("POST", "/v1/scan/registry/{name}/test", FedAdmin),
    ("DELETE", "/v1/scan/registry/{name}/test", FedAdmin),
    ("POST", "/v1/scan/registry/{name}/webhook", Open),
    ("GET", "/v1/scan/registry/{name}/images", Reader),
    ("GET", "/v1/scan/registry/{name}/image/{id}", Reader),
    ("GET", "/v1/scan/registry/{name}/image/{id}/sbom", Reader),
    ("GET", "/v1/scan/registry/{name}/layers/{id}", Reader),
    ("GET", "/v1/fed/events", Reader),
    ("GET", "/v1/log/audit", Reader),
    ("GET", "/v1/log/event", Reader),
    ("GET", "/v1/fed/denials", Reader),
    ("POST", "/v1/fed/admission/dry_run", FedReader),
    ("GET", "/v1/fed/compliance", FedReader),
    ("GET", "/v1/fed/images", FedReader),
    ("GET", "/v1/fed/policy", FedReader),
    ("POST", "/v1/fed/policy", FedAdmin),
    ("GET", "/v1/fed/summary", FedReader),
    ("GET", "/v1/fed/vex", Reader),
    ("POST", "/v1/fed/vex", Admin),
    ("GET", "/v1/fed/vex/{id}", Reader),
    ("DELETE", "/v1/fed/vex/{id}", Admin),
    ("GET", "/v1/fed/vulnerabilities", FedReader),
    ("GET", "/v1/fed/workloads", FedReader),
    ("POST", "/v1/vulasset", Reader),
    ("GET", "/v1/vulasset", Reader),
    ("POST", "/v1/assetvul", Reader),
    ("POST", "/v1/scan/asset/images", Reader),
    ("GET", "/v1/scan/asset/images", Reader),
    ("GET", "/v1/scan/asset", Reader),
    ("GET", "/v1/scan/image", Reader),
    ("GET", "/v1/scan/image/{id}", Reader),
    ("POST", "/v1/scan/repository", Ci),
    ("POST", "/v1/scan/result/repository", Ci),
    ("GET", "/endpoint/api/v1/metadata", Ci),
    ("POST", "/endpoint/api/v1/scan", Ci),
    ("GET", "/endpoint/api/v1/scan/{id}/report", Ci),
    ("GET", "/v1/vulnerability/profile", Reader),
    ("GET", "/v1/vulnerability/profile/{name}", Reader),
    ("PATCH", "/v1/vulnerability/profile/{name}", Admin),
    ("POST", "/v1/vulnerability/profile/{name}/entry", Admin),
    ("PATCH", "/v1/vulnerability/profile/{name}/entry/{id}", Admin),
    ("DELETE", "/v1/vulnerability/profile/{name}/entry/{id}", Admin),
    ("POST", "/v1/file/vulnerability/profile", Reader),
    ("POST", "/v1/file/vulnerability/profile/config", Admin),
    // What the home cluster answers.
    ("GET", "/v1/admission/state", Reader),
    ("PATCH", "/v1/admission/state", Admin),
    ("GET", "/v1/admission/stats", Reader),
    ("POST", "/v1/assess/admission/rule", Admin),
    ("GET", "/v1/log/activity", Reader),
    ("GET", "/v1/log/threat", Reader),
    ("GET", "/v1/log/incident", Reader),
    ("GET", "/v1/log/violation", Reader),
    ("GET", "/v1/log/security", Reader),
    ("GET", "/v1/workload", Reader),
    ("GET", "/v1/workload/{id}", Reader),
    ("GET", "/v2/workload", Reader),
    ("POST", "/v2/workload", Reader),
    ("GET", "/v2/workload/{id}", Reader),
    ("GET", "/v1/host", Reader),
    ("GET", "/v1/host/{id}", Reader),
    ("GET", "/v1/domain", Reader),
    ("GET", "/v1/controller", Reader),
    ("GET", "/v1/enforcer", Reader),
    ("GET", "/v1/service", Reader),
    ("GET", "/v1/scan/config", Reader),
    ("PATCH", "/v1/scan/config", Admin),
    ("GET", "/v1/scan/status", Reader),
    ("GET", "/v1/scan/host/{id}", Reader),
    ("POST", "/v1/scan/host/{id}", Admin),
    ("GET", "/v1/scan/workload/{id}", Reader),
    ("POST", "/v1/scan/workload/{id}", Admin),
    ("GET", "/v1/scan/platform", Reader),
    ("GET", "/v1/scan/platform/platform", Reader),
    ("POST", "/v1/scan/platform/platform", Admin),
    ("POST", "/v1/scan/hosts/scan_report", Reader),
    ("POST", "/v1/scan/workloads/scan_report", Reader),
    // What is forwarded is judged once more by the call that it is.
    ("GET", "/v1/fed/cluster/{id}/{request}", FedReader),
    ("POST", "/v1/fed/cluster/{id}/{request}", FedReader),
    ("PATCH", "/v1/fed/cluster/{id}/{request}", FedReader),
    ("DELETE", "/v1/fed/cluster/{id}/{request}", FedReader),
];

/// What is left of the table to roles that are limited to some clusters: what
/// keeps to these, and what shows nothing of a single one.
const WITHIN_A_SCOPE: &[(&str, &str)] = &[
    ("PATCH", "/v1/auth"),
    ("DELETE", "/v1/auth"),
    ("GET", "/v1/token_auth_server/{server}/slo"),
    ("GET", "/v1/selfuser"),
    ("GET", "/v1/selfapikey"),
    ("GET", "/v1/password_profile/{name}"),
    ("GET", "/v1/fed/stream"),
    ("GET", "/v1/fed/member"),
    ("GET", "/v1/fed/view/{id}"),
    ("GET", "/v1/fed/summary"),
    ("GET", "/v1/fed/workloads"),
    ("GET", "/v1/fed/images"),
    ("GET", "/v1/fed/compliance"),
    ("GET", "/v1/fed/vulnerabilities"),
    ("GET", "/v1/fed/denials"),
    ("GET", "/v1/fed/events"),
    ("GET", "/v1/fed/object_status"),
    ("GET", "/v1/scan/registry"),
    ("GET", "/v1/scan/registry/{name}"),
    ("GET", "/v1/scan/registry/{name}/images"),
    ("GET", "/v1/scan/registry/{name}/image/{id}"),
    ("GET", "/v1/scan/registry/{name}/image/{id}/sbom"),
    ("GET", "/v1/scan/registry/{name}/layers/{id}"),
    ("GET", "/v1/list/registry_type"),
    ("GET", "/v1/list/application"),
    ("GET", "/v2/system/config"),
    ("GET", "/v1/fed/vex"),
    ("GET", "/v1/fed/vex/{id}"),
    ("GET", "/v1/vulnerability/profile"),
    ("GET", "/v1/vulnerability/profile/{name}"),
    ("GET", "/v1/fed/history"),
    ("GET", "/v1/fed/history/{revision}"),
    ("GET", "/v1/fed/rollout"),
    ("GET", "/v1/fed/rollout/{id}"),
    ("GET", "/v1/fed/rollout_policy"),
    ("GET", "/v1/fed/policy"),
    ("POST", "/v1/fed/policy"),
    ("POST", "/v1/fed/deploy"),
    ("POST", "/v1/fed/admission/dry_run"),
    ("GET", "/v1/fed/cluster/{id}/configuration"),
    ("GET", "/v1/fed/cluster/{id}/configuration/{revision}"),
    ("GET", "/v1/fed/cluster/{id}/{request}"),
    ("POST", "/v1/fed/cluster/{id}/{request}"),
    ("PATCH", "/v1/fed/cluster/{id}/{request}"),
    ("DELETE", "/v1/fed/cluster/{id}/{request}"),
    ("GET", "/v1/admission/rules"),
    ("DELETE", "/v1/admission/rules"),
    ("POST", "/v1/admission/rule"),
    ("PATCH", "/v1/admission/rule"),
    ("GET", "/v1/admission/rule/{id}"),
    ("DELETE", "/v1/admission/rule/{id}"),
    ("GET", "/v1/admission/options"),
    ("GET", "/v1/policy/rule"),
    ("PATCH", "/v1/policy/rule"),
    ("DELETE", "/v1/policy/rule"),
    ("GET", "/v1/policy/rule/{id}"),
    ("PATCH", "/v1/policy/rule/{id}"),
    ("DELETE", "/v1/policy/rule/{id}"),
    ("GET", "/v1/response/rule"),
    ("PATCH", "/v1/response/rule"),
    ("DELETE", "/v1/response/rule"),
    ("GET", "/v1/response/rule/{id}"),
    ("PATCH", "/v1/response/rule/{id}"),
    ("DELETE", "/v1/response/rule/{id}"),
    ("GET", "/v1/response/options"),
    ("GET", "/v1/group"),
    ("POST", "/v1/group"),
    ("GET", "/v1/group/{name}"),
    ("PATCH", "/v1/group/{name}"),
    ("DELETE", "/v1/group/{name}"),
    ("GET", "/v1/process_profile"),
    ("GET", "/v1/process_profile/{name}"),
    ("PATCH", "/v1/process_profile/{name}"),
    ("GET", "/v1/file_monitor"),
    ("GET", "/v1/file_monitor/{name}"),
    ("PATCH", "/v1/file_monitor/{name}"),
    ("GET", "/v1/dlp/sensor"),
    ("POST", "/v1/dlp/sensor"),
    ("GET", "/v1/dlp/sensor/{name}"),
    ("PATCH", "/v1/dlp/sensor/{name}"),
    ("DELETE", "/v1/dlp/sensor/{name}"),
    ("GET", "/v1/dlp/rule"),
    ("GET", "/v1/dlp/rule/{name}"),
    ("GET", "/v1/dlp/group"),
    ("GET", "/v1/dlp/group/{name}"),
    ("PATCH", "/v1/dlp/group/{name}"),
    ("GET", "/v1/waf/sensor"),
    ("POST", "/v1/waf/sensor"),
    ("GET", "/v1/waf/sensor/{name}"),
    ("PATCH", "/v1/waf/sensor/{name}"),
    ("DELETE", "/v1/waf/sensor/{name}"),
    ("GET", "/v1/waf/rule"),
    ("GET", "/v1/waf/rule/{name}"),
    ("GET", "/v1/waf/group"),
    ("GET", "/v1/waf/group/{name}"),
    ("PATCH", "/v1/waf/group/{name}"),
    ("GET", "/v1/system/config"),
    ("GET", "/v1/system/summary"),
    ("POST", "/v1/system/config/webhook"),
    ("PATCH", "/v1/system/config/webhook/{name}"),
    ("DELETE", "/v1/system/config/webhook/{name}"),
    ("POST", "/v1/file/group"),
    ("POST", "/v1/file/admission"),
    ("POST", "/v1/file/response/rule"),
    ("POST", "/v1/file/dlp"),
    ("POST", "/v1/file/waf"),
    // The home cluster, where it is within.
    ("GET", "/v1/admission/state"),
    ("PATCH", "/v1/admission/state"),
    ("GET", "/v1/admission/stats"),
    ("POST", "/v1/assess/admission/rule"),
    ("GET", "/v1/log/activity"),
    ("GET", "/v1/log/threat"),
    ("GET", "/v1/log/incident"),
    ("GET", "/v1/log/violation"),
    ("GET", "/v1/log/security"),
    ("GET", "/v1/workload"),
    ("GET", "/v1/workload/{id}"),
    ("GET", "/v2/workload"),
    ("POST", "/v2/workload"),
    ("GET", "/v2/workload/{id}"),
    ("GET", "/v1/host"),
    ("GET", "/v1/host/{id}"),
    ("GET", "/v1/domain"),
    ("GET", "/v1/service"),
    ("GET", "/v1/scan/config"),
    ("PATCH", "/v1/scan/config"),
    ("GET", "/v1/scan/status"),
    ("GET", "/v1/scan/host/{id}"),
    ("POST", "/v1/scan/host/{id}"),
    ("GET", "/v1/scan/workload/{id}"),
    ("POST", "/v1/scan/workload/{id}"),
    ("GET", "/v1/scan/platform"),
    ("GET", "/v1/scan/platform/platform"),
    ("POST", "/v1/scan/platform/platform"),
    ("POST", "/v1/scan/hosts/scan_report"),
    ("POST", "/v1/scan/workloads/scan_report"),
];

/// Calls that are under way together.
const AT_ONCE: usize = 32;

/// Roles and whether they suffice, from the least to the most powerful.
const ROLES: [&str; 5] = ["ciops", "reader", "admin", "fedReader", "fedAdmin"];

fn suffices(role: &str, least: Least) -> bool {
    match least {
        Open | Session => true,
        Ci => matches!(role, "ciops" | "admin" | "fedAdmin"),
        Reader => role != "ciops",
        Admin => matches!(role, "admin" | "fedAdmin"),
        FedReader => matches!(role, "fedReader" | "fedAdmin"),
        FedAdmin => role == "fedAdmin",
    }
}

/// A path with something in place of its parameters.
fn example(template: &str) -> String {
    let segments = template.split('/').map(|segment| match segment {
        "{request}" => "v1/group",
        "{id}" => "00000000000000000000000000000000",
        segment if segment.starts_with('{') => "absent",
        segment => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

async fn call(rest: &Rest, method: &str, template: &str) -> Result<palisade_tests::rest::Answer> {
    let body = (method != "GET").then(|| "{}".to_owned());
    rest.send(Method::from_bytes(method.as_bytes())?, &example(template), body).await
}

#[tokio::test]
async fn the_table_has_every_route() -> Result<()> {
    let primary = Primary::start().await?;
    let document = primary.rest()?.get("/openapi.json").await?.ok()?;
    let paths = document["paths"].as_object().context("a document without paths")?;
    let served: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flat_map(serde_json::Map::keys);
            methods.map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let table: BTreeSet<(String, String)> =
        TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    let missing: Vec<_> = served.difference(&table).collect();
    let stale: Vec<_> = table.difference(&served).collect();
    ensure!(missing.is_empty(), "routes without a line in the table: {missing:?}");
    ensure!(stale.is_empty(), "lines without a route: {stale:?}");
    Ok(())
}

#[tokio::test]
async fn without_a_valid_session_nothing_is_served() -> Result<()> {
    let primary = Primary::start().await?;
    let ended = primary.admin().await?;
    ended.delete("/v1/auth").await?.ok()?;
    let strangers = [
        primary.rest()?,
        primary.rest()?.with_token(Some("nonsense")),
        primary.rest()?.with_token(Some("eyJhbGciOiJub25lIn0.e30.")),
        ended,
    ];
    for (method, path, least) in TABLE {
        for stranger in &strangers {
            let answer = call(stranger, method, path).await?;
            if *least == Open {
                ensure!(answer.status != 403 && answer.status != 404, "{method} {path}");
            } else if path.starts_with("/endpoint/") {
                // Harbor has errors of its own form.
                ensure!(answer.status == 401, "{method} {path}: {answer:?}");
            } else {
                answer.expect(401, 3)?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn each_role_does_what_it_may_and_no_more() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    for role in ROLES {
        let user =
            json!({ "username": format!("{role}-1"), "password": "coffee-beans", "role": role });
        admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
        let mut rest = primary.rest()?;
        rest.login(&format!("{role}-1"), "coffee-beans").await?;
        let key = json!({ "apikey_name": role, "role": role, "expiration_type": "oneday" });
        let key = admin.post("/v1/api_key", &json!({ "apikey": key })).await?.ok()?;
        let secret = key["apikey"]["apikey_secret"].as_str().context("no secret")?;
        let by_key = primary.rest()?.with_header("X-Auth-Apikey", &format!("{role}:{secret}"))?;
        for (method, path, least) in TABLE {
            for caller in [&rest, &by_key] {
                // A key is no user.
                if *path == "/v1/selfuser" && caller.token().is_none() {
                    continue;
                }
                if !suffices(role, *least) {
                    let answer = call(caller, method, path).await?;
                    if path.starts_with("/endpoint/") {
                        ensure!(answer.status == 403, "{role}: {method} {path}: {answer:?}");
                    } else {
                        answer.expect(403, 25).context(role)?;
                    }
                } else if *method == "GET" {
                    let answer = call(caller, method, path).await?;
                    ensure!(
                        answer.status != 401 && answer.code() != Some(25),
                        "{role}: {answer:?}"
                    );
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn within_a_scope_a_role_does_what_keeps_to_it_and_nothing_else() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let known = |line: &&(&str, &str)| {
        TABLE.iter().any(|(method, path, _)| (*method, *path) == (line.0, line.1))
    };
    let stale: Vec<_> = WITHIN_A_SCOPE.iter().filter(|line| !known(line)).collect();
    ensure!(stale.is_empty(), "lines without a route: {stale:?}");
    let scope = json!({ "cluster_selector": { "matchLabels": { "env": "prod" } } });
    for role in ["fedReader", "fedAdmin"] {
        let user = json!({ "username": format!("{role}-1"), "password": "coffee-beans",
            "role": role, "access_scope": scope });
        admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
        let mut rest = primary.rest()?;
        rest.login(&format!("{role}-1"), "coffee-beans").await?;
        let key = json!({ "apikey_name": role, "role": role, "expiration_type": "oneday",
            "access_scope": scope });
        let key = admin.post("/v1/api_key", &json!({ "apikey": key })).await?.ok()?;
        let secret = key["apikey"]["apikey_secret"].as_str().context("no secret")?;
        let by_key = primary.rest()?.with_header("X-Auth-Apikey", &format!("{role}:{secret}"))?;
        for (method, path, least) in TABLE.iter().filter(|(_, _, least)| *least != Open) {
            let admitted = WITHIN_A_SCOPE.contains(&(*method, *path)) && suffices(role, *least);
            for caller in [&rest, &by_key] {
                // A key is no user, and the other path is the endpoint's to judge.
                let is_key = *path == "/v1/selfuser" && caller.token().is_none();
                if is_key || *path == "/v1/password_profile/{name}" {
                    continue;
                }
                if !admitted {
                    let answer = call(caller, method, path).await?;
                    if path.starts_with("/endpoint/") {
                        ensure!(answer.status == 403, "{role}: {method} {path}: {answer:?}");
                    } else {
                        answer.expect(403, 25).context(role)?;
                    }
                } else if *method == "GET" {
                    let answer = call(caller, method, path).await?;
                    ensure!(
                        answer.status != 401 && answer.code() != Some(25),
                        "{role}: {answer:?}"
                    );
                }
            }
        }
    }
    Ok(())
}

/// Whether a custom role with `held` alone may call a route.
fn opens(held: PermissionSet, method: &str, path: &str, least: Least) -> bool {
    // What concerns the federation is the reserved roles'.
    if matches!(least, FedReader | FedAdmin) {
        return false;
    }
    let required = route_access::required(method, path);
    match required.need {
        Need::Open | Need::Session => true,
        Need::Admin | Need::Ticket => false,
        Need::Permission(one) | Need::Somewhere(one) | Need::Oneself(one) => {
            held.holds(one, required.access)
        }
    }
}

#[tokio::test]
async fn each_permission_to_read_opens_what_the_table_of_permissions_says() -> Result<()> {
    each_permission_alone(true, false).await
}

#[tokio::test]
async fn each_permission_to_write_opens_what_the_table_of_permissions_says() -> Result<()> {
    each_permission_alone(false, true).await
}

/// Asks every route with each permission that can be given to read, or to write.
async fn each_permission_alone(read: bool, write: bool) -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    for permission in Permission::ALL {
        let Some(grantable) = permission.grantable() else { continue };
        if !(read && grantable.read || write && grantable.write) {
            continue;
        }
        let id = permission.id();
        let name = format!("{id}-1");
        let held = PermissionSet::of_custom_role([Granted { permission: id, read, write }])?;
        let granted = json!([{ "id": id, "read": read, "write": write }]);
        let role = json!({ "config": { "name": name, "permissions": granted } });
        admin.post("/v1/user_role", &role).await?.ok()?;
        let user = json!({ "username": name, "password": "coffee-beans", "role": name });
        admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
        let mut rest = primary.rest()?;
        rest.login(&name, "coffee-beans").await?;
        // The first would end the session; the other is the endpoint's to judge.
        let left_out = [
            ("DELETE", "/v1/auth"),
            ("GET", "/v1/password_profile/{name}"),
            // Wants the registry's secret.
            ("POST", "/v1/scan/registry/{name}/webhook"),
        ];
        let routes: Vec<_> = TABLE
            .iter()
            .filter(|(method, path, _)| !left_out.contains(&(*method, *path)))
            // Harbor's own errors have another form.
            .filter(|(_, path, _)| !path.starts_with("/endpoint/"))
            .collect();
        let calls = routes.iter().map(|(method, path, _)| call(&rest, method, path));
        let answers: Vec<_> = stream::iter(calls).buffered(AT_ONCE).collect().await;
        for ((method, path, least), answer) in routes.into_iter().zip(answers) {
            let answer = answer?;
            if opens(held, method, path, *least) {
                ensure!(answer.status != 401 && answer.code() != Some(25), "{name}: {answer:?}");
            } else {
                answer.expect(403, 25).context(name.clone())?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_new_role_or_password_ends_the_sessions() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let user = json!({ "username": "mary", "password": "coffee-beans", "role": "admin" });
    admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
    admin.post("/v1/user", &json!({ "user": user })).await?.expect(400, 13)?;
    let reset = json!({ "new_password": "roasted-beans", "force_reset_password": true });
    for (method, path, change) in [
        (Method::PATCH, "/v1/user/mary", json!({ "role": "reader" })),
        (Method::POST, "/v1/user/mary/password", reset),
    ] {
        let mut mary = primary.rest()?;
        mary.login("mary", "coffee-beans").await?;
        mary.get("/v1/selfuser").await?.ok()?;
        admin.send(method, path, Some(json!({ "config": change }).to_string())).await?.ok()?;
        mary.get("/v1/selfuser").await?.expect(401, 3)?;
    }
    let mut mary = primary.rest()?;
    ensure!(mary.login("mary", "coffee-beans").await.is_err(), "the old password stands");
    let answer = mary.login("mary", "roasted-beans").await?;
    assert_eq!(answer["token"]["role"], "reader");
    assert_eq!(answer["token"]["domain_permissions"], json!({}));
    admin.delete("/v1/user/mary").await?.ok()?;
    mary.get("/v1/selfuser").await?.expect(401, 3)?;
    admin.delete("/v1/user/mary").await?.expect(404, 7)?;
    admin.delete("/v1/user/admin").await?.expect(403, 4)?;
    Ok(())
}

#[tokio::test]
async fn logins_are_refused_as_clients_expect() -> Result<()> {
    let primary = Primary::start().await?;
    let rest = primary.rest()?;
    let login = |password: Value| json!({ "password": password });
    rest.post("/v1/auth", &json!({})).await?.expect(400, 6)?;
    rest.post("/v1/auth", &login(Value::Null)).await?.expect(400, 6)?;
    rest.post("/v1/auth", &login(json!({ "username": 7 }))).await?.expect(400, 6)?;
    let empty = login(json!({ "username": "admin", "password": "" }));
    rest.post("/v1/auth", &empty).await?.expect(401, 3)?;
    let wrong = login(json!({ "username": "nobody", "password": "wrong" }));
    for _ in 0..6 {
        rest.post("/v1/auth", &wrong).await?.expect(401, 3)?;
    }
    rest.post("/v1/auth", &wrong).await?.expect(401, 47)?;
    primary.admin().await?;
    Ok(())
}

#[tokio::test]
async fn a_user_has_32_sessions_at_most() -> Result<()> {
    let primary = Primary::start().await?;
    let first = primary.admin().await?;
    for _ in 1..32 {
        primary.admin().await?;
    }
    ensure!(primary.admin().await.is_err(), "a session too many");
    first.delete("/v1/auth").await?.ok()?;
    primary.admin().await?;
    Ok(())
}
