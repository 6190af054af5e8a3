//! The head of an answer, for who asks for nothing else.

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, Method, header};

/// Answers `HEAD` as `GET` would be, without the body: how much that would have been is
/// told by `Content-Length`. What is within this knows `GET` alone, so it judges, hands on
/// and tags both alike.
pub async fn answer_head_alone(mut request: Request, next: Next) -> Response {
    if *request.method() != Method::HEAD {
        return next.run(request).await;
    }
    *request.method_mut() = Method::GET;
    let mut response = next.run(request).await;
    if let Some(size) = response.body().size_hint().exact().filter(|size| *size > 0) {
        let length = response.headers_mut().entry(header::CONTENT_LENGTH);
        length.or_insert_with(|| HeaderValue::from(size));
    }
    *response.body_mut() = Body::empty();
    response
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn;
    use http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_head_says_what_the_answer_to_get_does_and_has_no_body() {
        for (method, seen, body) in
            [("GET", "GET", "three"), ("HEAD", "GET", ""), ("POST", "POST", "three")]
        {
            let answer = |request: axum::extract::Request| async move {
                ([("x-method", request.method().to_string())], "three")
            };
            let router = Router::new().fallback(answer).layer(from_fn(answer_head_alone));
            let request = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
            let answer = router.oneshot(request).await.unwrap();
            assert_eq!(answer.headers()["x-method"], seen, "{method}");
            if method == "HEAD" {
                assert_eq!(answer.headers()["content-length"], "5");
            }
            let sent = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(sent, body, "{method}");
        }
    }
}
