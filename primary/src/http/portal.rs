//! The portal: the files that were built from `web/`, compiled in.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::{HeaderName, HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::App;

include!(concat!(env!("OUT_DIR"), "/portal.rs"));

const INDEX: &str = "/index.html";
/// Shown where the primary was built without the portal.
const NOT_BUILT: &str = "The portal was not built into this program.\n\
     Build it with `npm ci && npm run build` in web/, then build palisade-primary again.\n\
     The REST API works without it: see /openapi.json.\n";
/// Nothing from elsewhere, nothing inline, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
/// Names of built files change with their content.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// The portal's files; the page itself also at `/`.
pub(super) fn router() -> Router<App> {
    let mut router = Router::new();
    let mut built = false;
    for (path, bytes) in FILES {
        let file = move || std::future::ready(file(path, bytes));
        router = router.route(path, get(file));
        if *path == INDEX {
            built = true;
            router = router.route("/", get(file));
        }
    }
    if !built {
        router = router.route("/", get(async || NOT_BUILT));
    }
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    router
        .layer(header(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
}

fn file(path: &str, bytes: &'static [u8]) -> impl IntoResponse + use<> {
    let cache = if path.starts_with("/assets/") { FOREVER } else { "no-cache" };
    ([(header::CONTENT_TYPE, content_type(path)), (header::CACHE_CONTROL, cache)], bytes)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
