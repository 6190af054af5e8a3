//! The portal: the files that were built from `web/`, compiled in, most of
//! them compressed already.

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use palisade_transport::server::STRICT_TRANSPORT;

use super::compress::AsItIs;
use crate::App;

include!(concat!(env!("OUT_DIR"), "/portal.rs"));

const INDEX: &str = "/index.html";
/// How a compressed form is called in a request, and what is behind the name of its file; the shorter
/// one comes first.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
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
    /// By [`CODINGS`].
    coded: [Option<&'static [u8]>; CODINGS.len()],
}

fn files() -> impl Iterator<Item = File> {
    let is_coded = |path: &str| CODINGS.iter().any(|(_, end)| path.ends_with(end));
    let plain = FILES.iter().filter(move |(path, _)| !is_coded(path));
    plain.map(|(path, plain)| {
        let coded = CODINGS.map(|(_, end)| {
            let is_it = |(name, _): &&(&str, &[u8])| name.strip_suffix(end) == Some(*path);
            FILES.iter().find(is_it).map(|(_, bytes)| *bytes)
        });
        File { path, plain, coded }
    })
}

/// Whether a coding is accepted: it is named, and not with a weight of nothing.
fn takes(request: &HeaderMap, coding: &str) -> bool {
    let values = request.get_all(header::ACCEPT_ENCODING).iter();
    let mut named =
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    named.any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let is_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        is_it && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
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
        let coded = self.coded.into_iter().zip(CODINGS).find_map(|(bytes, (coding, _))| {
            let bytes = bytes.filter(|_| takes(request, coding))?;
            Some((coding, bytes))
        });
        let bytes = coded.map_or(self.plain, |(_, bytes)| bytes);
        let mut response = Bytes::from_static(bytes).into_response();
        response.extensions_mut().insert(AsItIs);
        let mut say = |name: HeaderName, value: &'static str| {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        };
        say(header::CONTENT_TYPE, content_type(self.path));
        let cache = if self.path.starts_with("/assets/") { FOREVER } else { "no-cache" };
        say(header::CACHE_CONTROL, cache);
        say(header::VARY, "accept-encoding");
        if let Some((coding, _)) = coded {
            say(header::CONTENT_ENCODING, coding);
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
    fn the_shortest_form_goes_to_who_takes_it() {
        let file =
            File { path: "/assets/a.js", plain: b"plain", coded: [Some(b"br"), Some(b"gz")] };
        for (accept, coding) in [
            ("gzip, deflate, br", Some("br")),
            ("gzip;q=1.0, BR;q=0.5", Some("br")),
            ("gzip, brx", Some("gzip")),
            ("gzip, br;q=0", Some("gzip")),
            ("gzip;q=0.000, identity", None),
            ("zstd", None),
            ("", None),
        ] {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accept))]);
            let answer = file.answer(&headers);
            let given = answer.headers().get(header::CONTENT_ENCODING);
            assert_eq!(given.and_then(|given| given.to_str().ok()), coding, "{accept}");
            assert!(answer.extensions().get::<AsItIs>().is_some(), "{accept}");
        }
        let plain = file.answer(&HeaderMap::new());
        assert_eq!(plain.headers()[header::VARY], "accept-encoding");
        assert_eq!(plain.headers()[header::CACHE_CONTROL], FOREVER);
        let small = File { coded: [None, None], ..file };
        let headers =
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("br, gzip"))]);
        assert!(!small.answer(&headers).headers().contains_key(header::CONTENT_ENCODING));
    }
}
