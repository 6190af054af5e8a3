//! What a browser is told of every answer of a public listener.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, header};

/// For a year browsers reach us by TLS alone.
pub const STRICT_TRANSPORT: &str = "max-age=31536000";
/// Answers are data: what a browser shows of one does nothing, and in no frame.
const DATA_ONLY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Lets a browser do nothing with an answer that does not say itself what may be done.
pub async fn answer_for_browsers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT),
        (header::CONTENT_SECURITY_POLICY, DATA_ONLY),
    ] {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
