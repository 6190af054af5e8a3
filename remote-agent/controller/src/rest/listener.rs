//! What holds of every request that comes by a cluster's own listener. One that the
//! primary hands on came by the primary's.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use palisade_transport::server::{answer_after_body, answer_for_browsers, names_host};

use super::error::ApiError;

/// The routes as they are served by a listener.
pub fn listening(routes: Router) -> Router {
    routes
        .layer(from_fn(for_one_host))
        .layer(from_fn(answer_for_browsers))
        .layer(from_fn(answer_after_body))
}

async fn for_one_host(request: Request, next: Next) -> Response {
    if names_host(&request) {
        next.run(request).await
    } else {
        ApiError::invalid("HTTP/1.1 wants one header Host.").into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use http::{StatusCode, header};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_request_that_comes_by_the_listener_names_its_host_once() {
        for (hosts, status) in [
            (&["a:10443"][..], StatusCode::OK),
            (&[], StatusCode::BAD_REQUEST),
            (&["a", "b"], StatusCode::BAD_REQUEST),
        ] {
            let mut request = http::Request::get("/");
            for host in hosts {
                request = request.header(header::HOST, *host);
            }
            let routes = listening(Router::new().fallback(get(async || "here")));
            let answer = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(answer.status(), status, "{hosts:?}");
            assert!(answer.headers().contains_key(header::CONTENT_SECURITY_POLICY), "{hosts:?}");
        }
    }
}
