//! The portal: the files that were built from `web/`, compiled in, most of
//! them compressed already.

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use palisade_transport::server::STRICT_TRANSPORT;

use crate::App;

include!(concat!(env!("OUT_DIR"), "/portal.rs"));

const INDEX: &str = "/index.html";
/// What the compressed form of a file is called.
const BROTLI: &str = ".br";
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

/// A file of the portal, as it is and compressed.
#[derive(Clone, Copy)]
struct File {
    path: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
}

fn files() -> impl Iterator<Item = File> {
    let plain = FILES.iter().filter(|(path, _)| !path.ends_with(BROTLI));
    plain.map(|(path, plain)| {
        let compressed = |(name, _): &&(&str, &[u8])| {
            name.strip_suffix(BROTLI).is_some_and(|name| name == *path)
        };
        File { path, plain, brotli: FILES.iter().find(compressed).map(|(_, bytes)| *bytes) }
    })
}

/// The portal's files; the page itself also at `/`.
pub(super) fn router() -> Router<App> {
    let mut router = Router::new();
    for file in files() {
        let answer = move |headers: HeaderMap| std::future::ready(file.answer(&headers));
        router = router.route(file.path, get(answer));
    }
    router.route("/", get(async |headers: HeaderMap| page(&headers)))
}

/// The answer to a browser that opens a page of the portal by its own address,
/// such as `/clusters`: the portal finds out itself what to show. Nothing for
/// everybody else, and for paths that no page has.
pub(super) fn deep_link(request: &Request) -> Option<Response> {
    let path = request.uri().path();
    let html = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let browser =
        request.method() == Method::GET && html.is_some_and(|all| all.contains("text/html"));
    let api = path.starts_with("/v1/") || path.starts_with("/v2/");
    let is_file = path.starts_with("/assets/");
    (browser && !api && !is_file).then(|| page(request.headers()))
}

fn page(headers: &HeaderMap) -> Response {
    let index = files().find(|file| file.path == INDEX);
    index.map_or_else(|| NOT_BUILT.into_response(), |file| file.answer(headers))
}

impl File {
    fn answer(self, request: &HeaderMap) -> Response {
        let accepted = request.get_all(header::ACCEPT_ENCODING).iter();
        let takes_brotli = accepted
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|coding| coding.trim() == "br");
        let brotli = self.brotli.filter(|_| takes_brotli);
        let mut response = Bytes::from_static(brotli.unwrap_or(self.plain)).into_response();
        let mut say = |name: HeaderName, value: &'static str| {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        };
        say(header::CONTENT_TYPE, content_type(self.path));
        let cache = if self.path.starts_with("/assets/") { FOREVER } else { "no-cache" };
        say(header::CACHE_CONTROL, cache);
        say(header::VARY, "accept-encoding");
        if brotli.is_some() {
            say(header::CONTENT_ENCODING, "br");
        }
        say(header::CONTENT_SECURITY_POLICY, POLICY);
        say(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
        say(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        say(header::X_FRAME_OPTIONS, "DENY");
        say(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        say(header::REFERRER_POLICY, "no-referrer");
        response
    }
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

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn opens(method: Method, path: &str, accept: Option<&str>) -> bool {
        let mut request = http::Request::builder().method(method).uri(path);
        if let Some(accept) = accept {
            request = request.header(header::ACCEPT, accept);
        }
        deep_link(&request.body(Body::empty()).unwrap()).is_some()
    }

    #[test]
    fn browsers_open_pages_by_their_address_and_clients_see_what_is_missing() {
        let browser = Some("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        assert!(opens(Method::GET, "/clusters", browser));
        assert!(opens(Method::GET, "/images/fed.shop/0a1b", browser));
        assert!(!opens(Method::GET, "/clusters", Some("*/*")));
        assert!(!opens(Method::GET, "/clusters", None));
        assert!(!opens(Method::POST, "/clusters", browser));
        assert!(!opens(Method::GET, "/v1/clusters", browser));
        assert!(!opens(Method::GET, "/assets/gone.js", browser));
    }

    #[test]
    fn the_compressed_form_goes_to_who_takes_it() {
        let file = File { path: "/assets/a.js", plain: b"plain", brotli: Some(b"br") };
        let coding = |accept: &'static str| {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accept))]);
            file.answer(&headers).headers().get(header::CONTENT_ENCODING).cloned()
        };
        assert_eq!(coding("gzip, deflate, br"), Some(HeaderValue::from_static("br")));
        assert_eq!(coding("gzip, brx"), None);
        let plain = file.answer(&HeaderMap::new());
        assert_eq!(plain.headers()[header::VARY], "accept-encoding");
        assert_eq!(plain.headers()[header::CACHE_CONTROL], FOREVER);
    }
}
