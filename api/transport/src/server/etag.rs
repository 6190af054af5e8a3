//! What an answer is known by, so that who asks again for what has not changed gets
//! 304 without a body.

use axum::Json;
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use palisade_api::rest::error::ErrorBody;
use palisade_api::{Code, Digest};

/// Larger answers, and those whose size is not known, are not looked at: they are
/// streamed.
const MOST_BYTES: u64 = 2 << 20;

/// Adds an `ETag` to what is read, and answers `If-None-Match`. Weak, since the
/// answer may be compressed on its way. Within [`super::answer_head_alone`], so that a
/// head has it too.
pub async fn answer_what_changed(request: Request, next: Next) -> Response {
    let asked = match *request.method() {
        Method::GET => request.headers().get_all(header::IF_NONE_MATCH).into_iter().cloned(),
        _ => return next.run(request).await,
    };
    let asked: Vec<HeaderValue> = asked.collect();
    let response = next.run(request).await;
    let is_small = response.body().size_hint().exact().is_some_and(|size| size <= MOST_BYTES);
    let is_tagged = response.headers().contains_key(header::ETAG);
    if response.status() != StatusCode::OK || !is_small || is_tagged {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = match axum::body::to_bytes(body, MOST_BYTES as usize).await {
        Ok(bytes) => bytes,
        Err(error) => return failed(&error),
    };
    let tag = format!("W/\"{}\"", Digest::of(&bytes));
    match HeaderValue::from_str(&tag) {
        Ok(value) => parts.headers.insert(header::ETAG, value),
        Err(error) => return failed(&error),
    };
    if !asked.iter().any(|value| names(value, &tag)) {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    forget_body(&mut parts.headers);
    Response::from_parts(parts, Body::empty())
}

/// Whether who asks with these headers has the answer already that `tag` is given with: for
/// those who know the tag before the answer is made.
pub fn knows_tag(headers: &HeaderMap, tag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().any(|value| names(value, tag))
}

fn failed(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "an answer broke off before it was sent");
    let body = ErrorBody::new(Code::ServerError, Code::ServerError.text());
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
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
