//! The session as a cookie, for browsers.
//!
//! A login that carries `X-Auth-Cookie` is answered with a cookie that scripts
//! cannot read, in place of the token. The cookie counts only on requests that
//! carry the header again: a page of another origin can make a browser send
//! neither the cookie (`SameSite=Strict`) nor the header (it would need our
//! leave by CORS, which nobody gets). What the browser says of the origin is
//! believed where it says it.

use axum::extract::Request;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use secrecy::{ExposeSecret as _, SecretString};

use crate::http::error::{ApiError, Result};

/// Asks for the cookie at a login, and makes it count afterwards.
pub(in crate::http) const ASKED: HeaderName = HeaderName::from_static("x-auth-cookie");
/// A browser takes the prefix only from the host itself, with `Secure` and for
/// all paths.
pub(in crate::http) const NAME: &str = "__Host-palisade-session";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the client asks for cookies.
pub(in crate::http) fn asked(headers: &HeaderMap) -> bool {
    headers.contains_key(ASKED)
}

/// Sets a cookie that lives as long as the browser does.
pub(in crate::http) fn set(name: &str, value: &SecretString) -> Result<HeaderValue> {
    let text =
        format!("{name}={}; Path=/; Secure; HttpOnly; SameSite=Strict", value.expose_secret());
    let mut value = HeaderValue::try_from(text).map_err(ApiError::internal)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Takes a cookie away.
pub(in crate::http) fn clear(name: &str) -> Result<HeaderValue> {
    let text = format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
    HeaderValue::try_from(text).map_err(ApiError::internal)
}

/// The value of a cookie; none when it is absent or there twice.
pub(in crate::http) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(found, _)| *found == name)
        .map(|(_, value)| value);
    let value = values.next()?;
    (values.next().is_none() && !value.is_empty()).then_some(value)
}

/// Whether a request with cookies comes from our own page.
pub(in crate::http) fn is_own_page(request: &Request) -> bool {
    let headers = request.headers();
    let site = headers.get(FETCH_SITE).is_none_or(|site| site == "same-origin");
    let host = request
        .uri()
        .authority()
        .map(Authority::as_str)
        .or_else(|| headers.get(header::HOST)?.to_str().ok());
    let origin = match headers.get(header::ORIGIN) {
        None => true,
        Some(origin) => origin
            .to_str()
            .ok()
            .and_then(|origin| origin.parse::<Uri>().ok())
            .is_some_and(|origin| origin.authority().map(Authority::as_str) == host),
    };
    asked(headers) && site && origin
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let mut request = http::Request::builder().uri("/v1/user");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn only_our_own_page_may_use_the_cookie() {
        let host = ("host", "palisade:8443");
        let asked = ("x-auth-cookie", "true");
        for own in [
            vec![host, asked],
            vec![
                host,
                asked,
                ("origin", "https://palisade:8443"),
                ("sec-fetch-site", "same-origin"),
            ],
        ] {
            assert!(is_own_page(&request(&own)), "{own:?}");
        }
        for foreign in [
            vec![host],
            vec![host, asked, ("origin", "https://evil.example")],
            vec![host, asked, ("origin", "https://palisade:9443")],
            vec![host, asked, ("origin", "null")],
            vec![host, asked, ("sec-fetch-site", "cross-site")],
            vec![host, asked, ("sec-fetch-site", "same-site")],
            vec![host, asked, ("sec-fetch-site", "none")],
        ] {
            assert!(!is_own_page(&request(&foreign)), "{foreign:?}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others_and_not_when_it_is_there_twice() {
        let found =
            |lines: &[(&str, &str)]| value(request(lines).headers(), "b").map(str::to_owned);
        assert_eq!(found(&[("cookie", "a=1; b=2;c=3")]), Some("2".to_owned()));
        assert_eq!(found(&[("cookie", "a=1"), ("cookie", "b=2")]), Some("2".to_owned()));
        assert_eq!(found(&[("cookie", "b=1; b=2")]), None);
        assert_eq!(found(&[("cookie", "b=")]), None);
        assert_eq!(found(&[("cookie", "bb=1")]), None);
    }
}
