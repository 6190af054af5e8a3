//! Calls of the cluster-level API without a cluster's id: the home cluster
//! answers them. Where there is none, lists are empty and counts zero, so that
//! clients go on working.

mod both;
mod methods;
mod owner;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode, header};
use palisade_api::rest::empty;
use palisade_api::{ClusterId, Code};
use palisade_identity::{Access, Caller, Role, namespaced_route, route_access};
use serde::de::DeserializeOwned;

use super::authorize::{self, Answers};
use super::error::{ApiError, Result};
use super::extract::{MAX_BODY_BYTES, from_json, read_whole};
use super::fallback;
use super::fed::{OnBehalf, relay};
use super::in_process::InProcess;
use super::portal;
use super::query::{Query, Scope};
use super::trail::Asked;
use crate::App;
use crate::store;
pub(super) use methods::Methods;
use owner::Owner;

/// Largest list that is read of the home cluster.
const MAX_LIST_BYTES: usize = 32 << 20;

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
    "file",
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

/// What the primary tells everybody else, and the home cluster who has roles in some of its
/// namespaces alone: it keeps to these.
const TOLD_IN_NAMESPACES: &[&str] =
    &["/v1/log/audit", "/v1/log/event", "/v1/scan/registry", "/v1/system/summary"];

/// The methods that the home cluster is called with, where nobody knows which the path has.
const HANDED_ON: &str = "GET,HEAD,POST,PATCH,DELETE";

/// Whether the path is one of a cluster's own API.
fn is_cluster_level(path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    matches!(segments.next(), Some("v1" | "v2"))
        && segments.next().is_some_and(|area| AREAS.contains(&area))
}

/// Answers what no route of the primary does: the home cluster, the portal for
/// a page of its own, or that there is no such path.
pub(super) async fn fallback(State(app): State<App>, mut request: Request) -> Result<Response> {
    if !is_cluster_level(request.uri().path()) {
        let missing = || fallback::not_found(request.method(), request.uri().path());
        return portal::deep_link(&request).ok_or_else(missing);
    }
    let known = request.extensions().get::<Methods>();
    let known = known.and_then(|methods| methods.allowed(request.uri().path()));
    if *request.method() == Method::OPTIONS {
        return Ok([(header::ALLOW, known.unwrap_or(HANDED_ON))].into_response());
    }
    if let Some(allowed) = known
        && !methods::names(allowed, request.method())
        && fallback::unserved(request.method(), request.uri().path()).is_none()
    {
        return Ok(methods::refuse(allowed));
    }
    authorize::let_in(&app, &mut request, Answers::Home).await?;
    let asked = Asked::of(&request);
    let caller = request.extensions_mut().remove::<Caller>().ok_or_else(ApiError::unauthorized)?;
    let role = role_at_home(&caller, &request)?;
    let Some(home) = of(&app, &caller).await? else { return without_home(&request) };
    let method = request.method().clone();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let behalf = OnBehalf { caller: &caller, role };
    let response = relay(&app, home, behalf, method, &path, request).await?;
    if let Some(asked) = asked {
        asked.record(&app, response.status()).await;
    }
    Ok(response)
}

/// The home cluster, where there is one that the caller's role reaches.
pub(super) async fn of(app: &App, caller: &Caller) -> Result<Option<ClusterId>> {
    let mut conn = app.database.acquire().await?;
    let Some(home) = store::member::home(&mut conn).await? else { return Ok(None) };
    let Some(scope) = caller.rights.scope() else { return Ok(Some(home)) };
    let member = store::member::get(&mut conn, home).await?;
    let reached = member.is_some_and(|member| scope.reaches(home, &member.labels));
    Ok(reached.then_some(home))
}

/// The role that a caller has at home. What a custom role may do there, or a role in
/// some namespaces, is judged by now, with the table that the cluster has as well; it
/// knows the reserved roles alone, so it is told the one that may do this.
fn role_at_home(caller: &Caller, request: &Request) -> Result<Role> {
    let reserved = caller.role.reserved().filter(|_| !caller.rights.are_of_namespaces());
    let Some(role) = reserved else {
        let path = request.uri().path();
        return Ok(match route_access::required(request.method().as_str(), path).access {
            Access::Read => Role::Reader,
            Access::Write => Role::Admin,
        });
    };
    match role {
        Role::FedAdmin | Role::Admin => Ok(Role::Admin),
        Role::FedReader | Role::Reader => Ok(Role::Reader),
        Role::Ciops | Role::None => {
            Err(ApiError::access_denied("The role holds nothing on the home cluster."))
        }
    }
}

/// Gives calls that are about objects of a cluster to the home cluster, where
/// there is one, and lists of both their second half; without one the endpoints of
/// the primary answer, whose lists of such objects are empty.
pub(super) async fn local_objects(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response> {
    if is_told_in_namespaces(&request) {
        authorize::let_in(&app, &mut request, Answers::Home).await?;
        let caller = request.extensions_mut().remove::<Caller>();
        if caller.is_some_and(|caller| caller.rights.are_of_namespaces()) {
            return fallback(State(app), request).await;
        }
        return Ok(next.run(request).await);
    }
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let owner = owner::of_call(request.method(), request.uri().path(), &query);
    let of_both = both::are_asked_for(request.method(), request.uri().path(), &query);
    let owner = match owner {
        Some(owner) if of_both => owner,
        None | Some(Owner::Federation) => return Ok(next.run(request).await),
        // The endpoints of the primary know the same methods.
        Some(_) if *request.method() == Method::OPTIONS => return Ok(next.run(request).await),
        Some(owner) => owner,
    };
    if store::member::home(&mut *app.database.acquire().await?).await?.is_none() {
        return Ok(next.run(request).await);
    }
    authorize::let_in(&app, &mut request, Answers::Home).await?;
    let caller = request.extensions_mut().remove::<Caller>().ok_or_else(ApiError::unauthorized)?;
    let Some(home) = of(&app, &caller).await? else { return Ok(next.run(request).await) };
    if of_both && caller.rights.are_of_namespaces() {
        // Of what is federated the cluster shows what is in the namespaces.
        return fallback(State(app), request).await;
    }
    if of_both && !tells(&caller, request.uri().path()) {
        return Ok(next.run(request).await);
    }
    if of_both {
        return both::answer(&app, home, &caller, request, next).await;
    }
    if owner == Owner::Cluster {
        return fallback(State(app), request).await;
    }
    let (parts, body) = request.into_parts();
    let body = read_whole(body, MAX_BODY_BYTES).await?;
    let request = Request::from_parts(parts, body.clone().into());
    // What is no JSON the endpoint refuses.
    let is_local = from_json(&body).is_ok_and(|body| !owner::body_says_federal(&body));
    if is_local { fallback(State(app), request).await } else { Ok(next.run(request).await) }
}

/// Refuses a scope that there is not in a call about what the federation and clusters
/// both have, and a change of what is a cluster's: the home cluster would have answered.
/// Most endpoints of one object read no scope, since the name or the id tells.
pub(super) fn check_scope(request: &Request) -> Result<()> {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let (method, path) = (request.method(), request.uri().path());
    if !owner::is_of_both(method, path) || query.scope()? != Some(Scope::Local) {
        return Ok(());
    }
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if reads || !owner::is_object_of_cluster(method, path, &query) {
        return Ok(());
    }
    Err(ApiError::new(
        Code::OpNotAllowed,
        "The primary has no home cluster whose object this would be; what is federated is \
         changed with scope=fed.",
    ))
}

/// Whether the home cluster answers a call of somebody who has roles in namespaces alone,
/// which the primary answers for others. What this process asks itself, nobody has such.
fn is_told_in_namespaces(request: &Request) -> bool {
    let path = request.uri().path();
    let is_of = |list: &&str| {
        path.strip_prefix(*list).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    request.extensions().get::<InProcess>().is_none()
        && TOLD_IN_NAMESPACES.iter().any(is_of)
        && namespaced_route::admits(request.method().as_str(), path)
}

/// Whether the home cluster tells the caller what it has of its own by this list: what
/// is about the whole of it, it tells nobody whose role reaches some of its namespaces.
pub(super) fn tells(caller: &Caller, path: &str) -> bool {
    let limited = caller.rights.scope().is_some_and(|scope| !scope.has_whole_clusters());
    !limited || namespaced_route::admits("GET", path)
}

/// Reads a list of the home cluster's own objects; none where there is no home
/// cluster.
pub(super) async fn read<T: DeserializeOwned>(
    app: &App,
    caller: &Caller,
    path: &str,
) -> Result<Option<T>> {
    match of(app, caller).await? {
        Some(home) => read_of(app, home, caller, path).await.map(Some),
        None => Ok(None),
    }
}

/// Reads a list of the home cluster, which is known already.
pub(super) async fn read_of<T: DeserializeOwned>(
    app: &App,
    home: ClusterId,
    caller: &Caller,
    path: &str,
) -> Result<T> {
    let behalf = OnBehalf { caller, role: Role::Admin };
    let request = Request::new(Body::empty());
    let answer = relay(app, home, behalf, Method::GET, path, request).await?;
    let failed = |text: String| ApiError::new(Code::RemoteRequestFail, text);
    if answer.status() != StatusCode::OK {
        return Err(failed(format!("The home cluster answers {path} with {}.", answer.status())));
    }
    let body = axum::body::to_bytes(answer.into_body(), MAX_LIST_BYTES).await.map_err(|error| {
        failed("The answer of the home cluster broke off.".to_owned()).caused_by(error)
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        failed(format!("The home cluster answers {path} as none should.")).caused_by(error)
    })
}

fn without_home(request: &Request) -> Result<Response> {
    if let Some(unserved) = fallback::unserved(request.method(), request.uri().path()) {
        return Err(unserved);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let asked = Some(request.uri().path()).filter(|_| *request.method() == Method::POST);
        if let Some(body) = asked.and_then(empty::asked_list) {
            return Ok((StatusCode::OK, Json(body)).into_response());
        }
        return Err(ApiError::new(
            Code::OpNotAllowed,
            "The primary has no home cluster: let an agent join with a token made by \
             `palisade-primary token create --home`.",
        ));
    }
    let path = request.uri().path().trim_start_matches("/v1/").trim_start_matches("/v2/");
    match empty::body(path) {
        Some(body) => Ok((StatusCode::OK, Json(body)).into_response()),
        None if empty::is_of_one(path) => {
            Err(ApiError::object_not_found("There is no home cluster that would have it."))
        }
        None => Err(fallback::not_found(request.method(), request.uri().path())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_home_cluster_each_call_that_it_would_answer_is_known() -> serde_json::Result<()> {
        let clusters = crate::http::openapi::of_clusters()?;
        let read = clusters.paths.paths.iter().filter(|(_, item)| item.get.is_some());
        for path in read.map(|(path, _)| path.replace("{id}", "7")) {
            let request = http::Request::get(path.as_str()).body(Body::empty()).unwrap();
            match without_home(&request) {
                Ok(answer) => assert_eq!(answer.status(), StatusCode::OK, "{path}"),
                Err(error) => assert_eq!(error.code, Code::ObjectNotFound, "{path}"),
            }
        }
        Ok(())
    }

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
