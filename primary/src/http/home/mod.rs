//! Calls of the cluster-level API without a cluster's id: the home cluster
//! answers them. Where there is none, lists are empty and counts zero, so that
//! clients go on working.

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode};
use palisade_api::Code;
use palisade_api::rest::empty;
use palisade_identity::{Caller, Role};

use super::authorize;
use super::error::{ApiError, Result};
use super::fallback;
use super::fed::{OnBehalf, relay};
use crate::App;
use crate::store;

/// Areas of the API that each cluster has for itself. Paths that the primary
/// answers itself never come here.
const AREAS: &[&str] = &[
    "admission",
    "assess",
    "bench",
    "compliance",
    "controller",
    "conversation",
    "conversation_endpoint",
    "custom_check",
    "debug",
    "dlp",
    "domain",
    "enforcer",
    "file_monitor",
    "group",
    "host",
    "log",
    "policy",
    "process_profile",
    "process_rules",
    "response",
    "scan",
    "service",
    "session",
    "sniffer",
    "system",
    "waf",
    "workload",
];

/// Whether the path is one of a cluster's own API.
fn is_cluster_level(path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    matches!(segments.next(), Some("v1" | "v2"))
        && segments.next().is_some_and(|area| AREAS.contains(&area))
}

/// Answers what no route of the primary does: the home cluster, or that there
/// is no such path.
pub(super) async fn fallback(State(app): State<App>, mut request: Request) -> Result<Response> {
    if !is_cluster_level(request.uri().path()) {
        return Err(fallback::not_found());
    }
    authorize::let_in(&app, &mut request).await?;
    let caller = request.extensions_mut().remove::<Caller>().ok_or_else(ApiError::unauthorized)?;
    let role = match caller.role {
        Role::FedAdmin | Role::Admin => Role::Admin,
        Role::FedReader | Role::Reader => Role::Reader,
        Role::Ciops | Role::None => {
            return Err(ApiError::access_denied("The role holds nothing on the home cluster."));
        }
    };
    let home = store::member::home(&mut *app.database.acquire().await?).await?;
    let Some(home) = home else { return without_home(&request) };
    let method = request.method().clone();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    relay(&app, home, OnBehalf { caller: &caller, role }, method, &path, request).await
}

/// Gives calls that speak of the rules of a cluster, `scope=local`, to the home
/// cluster, where there is one; without one the lists are empty.
pub(super) async fn local_scope(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response> {
    let path = request.uri().path();
    let has_scopes = ["/v1/group", "/v1/policy/rule", "/v1/admission/rule", "/v1/admission/rules"]
        .contains(&path)
        || ["/v1/group/", "/v1/policy/rule/", "/v1/admission/rule/"]
            .iter()
            .any(|folder| path.starts_with(folder));
    let local = request
        .uri()
        .query()
        .is_some_and(|query| query.split('&').any(|pair| pair == "scope=local"));
    if !(has_scopes && local) {
        return Ok(next.run(request).await);
    }
    let home = store::member::home(&mut *app.database.acquire().await?).await?;
    match home {
        Some(_) => fallback(State(app), request).await,
        None => Ok(next.run(request).await),
    }
}

fn without_home(request: &Request) -> Result<Response> {
    if *request.method() != Method::GET {
        return Err(ApiError::new(
            Code::OpNotAllowed,
            "The primary has no home cluster: let an agent join with a token made by \
             `palisade-primary token create --home`.",
        ));
    }
    let path = request.uri().path().trim_start_matches("/v1/").trim_start_matches("/v2/");
    Ok(match empty::body(path) {
        Some(body) => (StatusCode::OK, Json(body)).into_response(),
        None => return Err(fallback::not_found()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_areas_of_a_cluster_are_the_home_clusters() {
        for path in ["/v1/workload", "/v2/workload", "/v1/host/x/compliance", "/v1/log/threat"] {
            assert!(is_cluster_level(path), "{path}");
        }
        for path in ["/", "/v1", "/v1/user", "/v1/fed/member", "/v3/workload", "/workload"] {
            assert!(!is_cluster_level(path), "{path}");
        }
    }
}
