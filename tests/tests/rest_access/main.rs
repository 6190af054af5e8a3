//! Who may call what: every route of the OpenAPI document, with no, wrong and
//! insufficient credentials. A route that is missing from the table fails.

mod session;
mod table;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt as _, stream};
use palisade_identity::permission_set::Granted;
use palisade_identity::{Access, Need, Permission, PermissionSet, namespaced_route, route_access};
use palisade_tests::Primary;
use palisade_tests::rest::Rest;
use reqwest::Method;
use serde_json::json;

use table::Least::{self, Admin, Ci, FedAdmin, FedReader, Open, Reader, Session};
use table::{TABLE, WITHIN_A_SCOPE};

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

/// Fails when a call is refused that is admitted, or the other way round. What is
/// admitted is only read.
async fn held_to(caller: &Rest, method: &str, path: &str, admitted: bool) -> Result<()> {
    if admitted && method != "GET" {
        return Ok(());
    }
    let answer = call(caller, method, path).await?;
    if admitted {
        ensure!(answer.status != 401 && answer.code() != Some(25), "{method} {path}: {answer:?}");
    } else if path.starts_with("/endpoint/") {
        ensure!(answer.status == 403, "{method} {path}: {answer:?}");
    } else {
        answer.expect(403, 25)?;
    }
    Ok(())
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
                held_to(caller, method, path, suffices(role, *least)).await.context(role)?;
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
                held_to(caller, method, path, admitted).await.context(role)?;
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
    // What is told of the home cluster to who does not read the federation.
    if let Some(permissions) = namespaced_route::of_fleet(method, path) {
        return permissions.iter().all(|one| held.holds(*one, Access::Read));
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
