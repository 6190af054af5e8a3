//! The REST API of one cluster: the only implementation of it. The agent's own
//! listener serves it, and so does the link, for calls that the primary
//! forwards; those carry a `Caller` extension instead of a token.

mod admission;
mod assess;
mod auth;
mod controller;
mod domain;
mod error;
mod extract;
mod fed;
mod file;
mod group;
mod host;
mod listed;
mod listener;
mod log;
mod owner;
mod policy_rule;
mod profile;
mod refuse;
mod response;
mod scan;
mod sensor;
mod system;
mod trail;
mod user;
mod webhook;
mod workload;

use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, patch, post};
use axum::{Json, Router};
use http::{HeaderValue, Method, StatusCode, header};
use palisade_api::Code;
use palisade_api::rest::path::PathTable;
use palisade_api::rest::{empty, unserved};
use palisade_policy::sensor::{Dlp, Waf};
use palisade_transport::server::{answer_head_alone, answer_what_changed, tidy};
use tower::Layer as _;
use tower::util::MapRequestLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::{Info, RefOr};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Controller;
use error::ApiError;
use listed::Listed;
pub use listener::listening;

/// Routes with their part of the OpenAPI document.
type ApiRouter = OpenApiRouter<Controller>;

/// Answers larger than this are compressed for clients that accept it.
const COMPRESS_ABOVE_BYTES: u64 = 1_200;

/// The REST API, and `outside` beside it: routes that need no identity.
pub fn router(controller: Controller, outside: Router) -> Router {
    let (own, documented) = own().split_for_parts();
    let (shared, listed) = shared().split();
    let paths = documented.paths.paths.keys().chain(&listed);
    let table = PathTable::new(paths.map(String::as_str));
    let routes = own
        .merge(shared)
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(controller.clone(), auth::authorize))
        .with_state(controller)
        // What is read of a body is bounded after this. Other encodings stay as they are.
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .layer(from_fn(answer_what_changed))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(COMPRESS_ABOVE_BYTES)))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-cache"),
        ));
    let routes = outside.fallback_service(routes);
    let tidied = MapRequestLayer::new(move |mut request: Request| {
        tidy(&mut request);
        if let Some(uri) = table.canonical(request.uri()) {
            *request.uri_mut() = uri;
        }
        request
    })
    .layer(routes);
    Router::new().fallback_service(tidied).layer(from_fn(answer_head_alone))
}

/// The OpenAPI document of what clusters alone answer. What the primary answers
/// as well stands in its own.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = own().into_openapi();
    document.info = Info::new("Palisade: a cluster", env!("CARGO_PKG_VERSION"));
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post, &mut item.patch].into_iter().flatten() {
            for (status, response) in &mut operation.responses.responses {
                let RefOr::T(response) = response else { continue };
                // No answer is without a description.
                let reason = status.parse().ok().and_then(|one: StatusCode| one.canonical_reason());
                if let Some(reason) = reason.filter(|_| response.description.is_empty()) {
                    response.description = format!("{reason}.");
                }
            }
        }
    }
    document
}

/// What clusters alone answer.
fn own() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(admission::state, admission::state_change))
        .routes(routes!(admission::stats))
        .routes(routes!(assess::admission_rule))
        .routes(routes!(log::activities))
        .routes(routes!(log::threats))
        .routes(routes!(log::incidents))
        .routes(routes!(log::violations))
        .routes(routes!(log::security))
        .routes(routes!(workload::list))
        .routes(routes!(workload::get))
        .routes(routes!(workload::list_v2, workload::list_named))
        .routes(routes!(workload::get_v2))
        .routes(routes!(host::list))
        .routes(routes!(host::get))
        .routes(routes!(domain::list, domain::update_all))
        .routes(routes!(domain::update))
        .routes(routes!(controller::list))
        .routes(routes!(controller::get))
        .routes(routes!(controller::stats))
        .routes(routes!(system::enforcers))
        .routes(routes!(system::services))
        .merge(scan::own())
}

/// What the primary answers as well, with its own and the federation's.
fn shared() -> Listed {
    Listed::new()
        .route("/v1/auth", post(auth::login).patch(auth::keep_alive).delete(auth::logout))
        .route("/v1/selfuser", get(user::self_user))
        .route("/v1/user", get(user::list))
        .route("/v1/user/{fullname}", get(user::get))
        .route("/v1/eula", get(system::eula).post(system::eula_accept))
        .route("/v1/fed/member", get(fed::member))
        .route("/v1/fed/leave", post(fed::leave))
        .route("/v1/fed/promote", post(fed::not_here))
        .route("/v1/fed/demote", post(fed::not_here))
        .route("/v1/fed/join", post(fed::join))
        .route("/v1/fed/join_token", get(fed::not_here))
        .route("/v1/fed/deploy", post(fed::not_here))
        .route("/v1/fed/config", patch(fed::config))
        // The older name of /v1/admission/stats, which exporters still use.
        .route("/v1/debug/admission_stats", get(admission::stats))
        .route("/v1/admission/options", get(admission::rule_options))
        .route("/v1/admission/rules", get(admission::rules).delete(admission::rules_delete))
        .route("/v1/admission/rule", post(admission::rule_create).patch(admission::rule_change))
        .route("/v1/admission/rule/{id}", get(admission::rule).delete(admission::rule_delete))
        .route("/v1/admission/rule/promote", post(fed::not_here))
        .route("/v1/policy/rules/promote", post(fed::not_here))
        .route("/v1/scan/registry", get(scan::registry::registries).post(refuse::registry))
        .route(
            "/v1/scan/registry/{name}",
            get(scan::registry::registry)
                .patch(scan::registry::refuse_change)
                .delete(scan::registry::refuse_change),
        )
        .route(
            "/v1/scan/registry/{name}/scan",
            post(scan::registry::refuse_change).delete(scan::registry::refuse_change),
        )
        .route("/v2/scan/registry", post(refuse::registry))
        .route("/v2/scan/registry/{name}", patch(scan::registry::refuse_change))
        .route("/v1/scan/registry/{name}/images", get(scan::registry::images))
        .route("/v1/scan/registry/{name}/image/{id}", get(scan::registry::image))
        .merge(scan::shared())
        .route("/v1/log/audit", get(log::audits))
        .route("/v1/log/event", get(log::events))
        .route("/v1/system/summary", get(system::summary))
        .route("/v1/system/config", get(system::config).patch(system::config_change))
        .route("/v2/system/config", get(system::config_v2).patch(system::config_change))
        .route("/v1/system/config/webhook", post(webhook::create))
        .route("/v1/system/config/webhook/{name}", patch(webhook::update).delete(webhook::delete))
        .merge(rules())
        .merge(sensors::<Dlp>("dlp", get(sensor::dlp_groups), get(sensor::dlp_group)))
        .merge(sensors::<Waf>("waf", get(sensor::waf_groups), get(sensor::waf_group)))
        .merge(file::routes())
}

/// Groups, what belongs to them, and the rules that name them.
fn rules() -> Listed {
    Listed::new()
        .route("/v1/group", get(group::list).post(group::create))
        .route("/v1/group/{name}", get(group::get).patch(group::update).delete(group::delete))
        .route(
            "/v1/policy/rule",
            get(policy_rule::list).patch(policy_rule::act).delete(policy_rule::delete_all),
        )
        .route(
            "/v1/policy/rule/{id}",
            get(policy_rule::get).patch(policy_rule::update).delete(policy_rule::delete),
        )
        .route(
            "/v1/response/rule",
            get(response::rules).patch(response::act).delete(response::delete_all),
        )
        .route(
            "/v1/response/rule/{id}",
            get(response::rule).patch(response::update).delete(response::delete),
        )
        .route("/v1/response/options", get(response::rule_options))
        .route("/v1/list/application", get(policy_rule::applications))
        .route("/v1/process_profile", get(profile::processes))
        .route("/v1/process_profile/{name}", get(profile::process).patch(profile::process_update))
        .route("/v1/file_monitor", get(profile::files))
        .route("/v1/file_monitor/{name}", get(profile::file).patch(profile::file_update))
}

/// Sensors of one kind.
fn sensors<I: sensor::Looks>(
    area: &str,
    groups: MethodRouter<Controller>,
    group: MethodRouter<Controller>,
) -> Listed {
    Listed::new()
        .route(&format!("/v1/{area}/sensor"), get(sensor::sensors::<I>).post(sensor::create::<I>))
        .route(
            &format!("/v1/{area}/sensor/{{name}}"),
            get(sensor::sensor::<I>).patch(sensor::update::<I>).delete(sensor::delete::<I>),
        )
        .route(&format!("/v1/{area}/rule"), get(sensor::rules::<I>))
        .route(&format!("/v1/{area}/rule/{{name}}"), get(sensor::rule::<I>))
        .route(&format!("/v1/{area}/group"), groups)
        .route(&format!("/v1/{area}/group/{{name}}"), group.patch(sensor::bind::<I>))
}

/// What this cluster has none of is an empty list to those who ask for it.
async fn not_found(request: Request) -> Response {
    let path = request.uri().path();
    if let Some(why) = unserved::reason_in_cluster(request.method().as_str(), path) {
        return unserved(why);
    }
    let path = path.strip_prefix("/v1/").or_else(|| path.strip_prefix("/v2/"));
    match path.and_then(empty::body_in_cluster).filter(|_| *request.method() == Method::GET) {
        Some(body) => Json(body).into_response(),
        None => ApiError::of(Code::NotFound).into_response(),
    }
}

/// The path knows other methods, which the router lists in `Allow`.
async fn method_not_allowed(request: Request) -> Response {
    if *request.method() == Method::OPTIONS {
        return StatusCode::OK.into_response();
    }
    match unserved::reason_in_cluster(request.method().as_str(), request.uri().path()) {
        Some(why) => unserved(why),
        None => ApiError::of(Code::MethodNotAllowed).into_response(),
    }
}

/// A call that clients know, and no cluster serves.
fn unserved(why: &str) -> Response {
    ApiError::new(Code::OpNotAllowed, why).with_status(StatusCode::NOT_IMPLEMENTED).into_response()
}
