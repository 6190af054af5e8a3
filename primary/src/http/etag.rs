//! What an answer is known by, so that who asks again for what has not changed gets
//! 304 without a body.

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use palisade_api::Digest;

use super::error::{ApiError, Result};

/// Larger answers, and those whose size is not known, are not looked at: they are
/// streamed.
const MOST_BYTES: u64 = 2 << 20;

/// Adds an `ETag` to what is read, and answers `If-None-Match`. Weak, since the
/// answer may be compressed on its way.
pub(super) async fn validate(request: Request, next: Next) -> Result<Response> {
    let asked = match *request.method() {
        Method::GET => request.headers().get_all(header::IF_NONE_MATCH).into_iter().cloned(),
        _ => return Ok(next.run(request).await),
    };
    let asked: Vec<HeaderValue> = asked.collect();
    let response = next.run(request).await;
    let is_small = response.body().size_hint().exact().is_some_and(|size| size <= MOST_BYTES);
    let is_tagged = response.headers().contains_key(header::ETAG);
    if response.status() != StatusCode::OK || !is_small || is_tagged {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let bytes =
        axum::body::to_bytes(body, MOST_BYTES as usize).await.map_err(ApiError::internal)?;
    let tag = format!("W/\"{}\"", Digest::of(&bytes));
    parts.headers.insert(header::ETAG, HeaderValue::from_str(&tag).map_err(ApiError::internal)?);
    if !asked.iter().any(|value| names(value, &tag)) {
        return Ok(Response::from_parts(parts, Body::from(bytes)));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    forget_body(&mut parts.headers);
    Ok(Response::from_parts(parts, Body::empty()))
}

/// What tells of a body that is not sent.
fn forget_body(headers: &mut HeaderMap) {
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_DISPOSITION] {
        headers.remove(name);
    }
}

/// Whether a list of tags, or `*`, names this one.
fn names(value: &HeaderValue, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(text) = value.to_str() else { return false };
    text.trim() == "*" || text.split(',').any(|one| opaque(one) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_named_alone_in_a_list_or_by_a_star() {
        for (value, named) in [
            ("W/\"a\"", true),
            ("\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(names(&HeaderValue::from_static(value), "W/\"a\""), named, "{value}");
        }
    }
}
