//! REST and the portal: one router an area, one file an endpoint.
//!
//! An endpoint is an `async fn` with `#[utoipa::path]`; its area's `router()`
//! collects it and [`api`] merges the areas. Everything else happens around
//! it: [`PathTable`] and [`tidy`] tidy the request, [`authorize`] lets the caller in by the table
//! of `palisade_identity::route_access`, [`extract`] reads caller and body,
//! [`query`] pages and filters lists, [`error`] turns failures into answers.

mod admission;
mod api_key;
mod assetvul;
mod auth;
mod authorize;
mod client_address;
mod compress;
mod dlp;
mod endpoint;
pub mod error;
mod eula;
pub mod extract;
mod fallback;
mod fed;
mod file;
mod file_monitor;
mod group;
mod harbor;
mod health;
mod home;
mod in_process;
pub mod init_config;
mod list;
mod log;
pub mod openapi;
mod password_profile;
mod policy_rule;
mod portal;
mod process_profile;
pub mod query;
mod request;
mod response;
mod scan;
mod selected;
mod server;
mod system;
mod trail;
mod user;
mod user_role;
mod version;
mod vulasset;
mod vulnerability;
mod waf;

use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use http::{HeaderValue, header};
use palisade_api::rest::path::PathTable;
use palisade_transport::server::{
    answer_after_body, answer_for_browsers, answer_head_alone, answer_what_changed, tidy,
};
use tower::Layer as _;
use tower::util::MapRequestLayer;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// The router of one area.
pub type ApiRouter = OpenApiRouter<App>;

/// All endpoints of the REST API.
fn api() -> ApiRouter {
    OpenApiRouter::with_openapi(openapi::head())
        .merge(admission::router())
        .merge(api_key::router())
        .merge(assetvul::router())
        .merge(auth::router())
        .merge(eula::router())
        .merge(fed::router())
        .merge(health::api())
        .merge(list::router())
        .merge(file::router())
        .merge(log::router())
        .merge(scan::router())
        .merge(group::router())
        .merge(password_profile::router())
        .merge(harbor::router())
        .merge(policy_rule::router())
        .merge(response::router())
        .merge(process_profile::router())
        .merge(file_monitor::router())
        .merge(dlp::router())
        .merge(waf::router())
        .merge(server::router())
        .merge(system::router())
        .merge(user::router())
        .merge(user_role::router())
        .merge(vulasset::router())
        .merge(vulnerability::router())
}

/// The OpenAPI document of the REST API: the primary's endpoints, and those of
/// clusters, which it hands on.
pub fn document() -> serde_json::Result<utoipa::openapi::OpenApi> {
    openapi::complete(api().into_openapi().merge_from(openapi::of_clusters()?))
}

/// The router behind the REST and portal listeners.
pub fn router(app: App) -> serde_json::Result<Router> {
    let (endpoints, paths) = api().split_for_parts();
    let of_clusters = openapi::of_clusters()?;
    let methods_of_clusters = home::Methods::of(&of_clusters);
    let paths = paths.paths.paths.keys().chain(of_clusters.paths.paths.keys());
    let table = PathTable::new(paths.map(String::as_str));
    let routes = Router::new()
        .merge(endpoints)
        .route_layer(from_fn_with_state(app.clone(), authorize::authorize))
        .merge(health::router())
        .merge(openapi::router())
        .merge(portal::router())
        .fallback(home::fallback)
        .method_not_allowed_fallback(fallback::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), home::local_objects))
        .layer(Extension(methods_of_clusters))
        // What is read of a body is bounded after this. Other encodings stay as they are.
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .layer(from_fn_with_state(app.clone(), harbor::login::harbor_login))
        .layer(from_fn_with_state(app.clone(), client_address::behind_proxy))
        .layer(from_fn(answer_what_changed))
        .layer(CompressionLayer::new().compress_when(compress::WorthIt))
        .layer(from_fn(request::observe))
        // Around all that answers, be it only that it is late.
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-cache"),
        ))
        .layer(from_fn(answer_for_browsers))
        .layer(from_fn(answer_after_body))
        .with_state(app);
    let tidied = MapRequestLayer::new(move |mut request: Request| {
        tidy(&mut request);
        if let Some(uri) = table.canonical(request.uri()) {
            *request.uri_mut() = uri;
        }
        request
    })
    .layer(routes);
    Ok(Router::new().fallback_service(tidied).layer(from_fn(answer_head_alone)))
}
