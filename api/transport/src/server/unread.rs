//! What a client still sends when its answer is ready. Most look at an answer only when
//! they have sent all, and take a connection that is closed, or a stream that is reset,
//! for a failure, whatever was answered: so the rest is read, and thrown away.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, EXPECT};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;

/// What is read at most. Of a body that says that it has more nothing is read: it would
/// be too much even to throw away.
const MOST_BYTES: usize = 128 << 20;
/// How long it may take.
const TIME: Duration = Duration::from_secs(20);
/// How long the client may pause.
const PAUSE: Duration = Duration::from_secs(2);

/// Gives an answer when the client has sent what nobody reads any more.
pub async fn answer_after_body(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH);
    let length: Option<usize> = length.and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length| length > MOST_BYTES) || request.body().is_end_stream() {
        return next.run(request).await;
    }
    let waits = request.headers().contains_key(EXPECT);
    let unread = Unread::default();
    let request = request
        .map(|body| Body::new(Lent { body: Some(body), touched: false, unread: unread.clone() }));
    let response = next.run(request).await;
    // A client that waits to be asked for its body is not asked for nothing.
    if let Some(rest) = unread.take().filter(|rest| rest.touched || !waits)
        && tokio::time::timeout(TIME, throw_away(rest.body)).await.is_err()
    {
        tracing::debug!("a client did not send the rest of its body in time");
    }
    response
}

async fn throw_away(mut body: Body) {
    let mut read = 0;
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(PAUSE, body.frame()).await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MOST_BYTES {
            return;
        }
    }
}

/// The rest of a body.
struct Rest {
    body: Body,
    /// Whether anybody read of it.
    touched: bool,
}

/// Where a body comes back to that was not read to its end.
#[derive(Clone, Default)]
struct Unread(Arc<Mutex<Option<Rest>>>);

impl Unread {
    fn lock(&self) -> MutexGuard<'_, Option<Rest>> {
        // Each change of it is one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Rest> {
        self.lock().take()
    }
}

/// A body, as long as somebody may read it: also beside an answer that streams.
struct Lent {
    body: Option<Body>,
    touched: bool,
    unread: Unread,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.touched = true;
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let touched = self.touched;
        let left = self.body.take().filter(|body| !body.is_end_stream());
        *self.unread.lock() = left.map(|body| Rest { body, touched });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use futures_util::stream;
    use tower::ServiceExt as _;

    use super::*;

    const PARTS: usize = 10;

    /// How many of the parts of a body are read, by whoever, before the answer is there.
    async fn parts_read(path: &str, headers: &[(&str, &str)]) -> usize {
        let read = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&read);
        let parts = (0..PARTS).map(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::convert::Infallible>(Bytes::from_static(b"12345678"))
        });
        let mut request = http::Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from_stream(stream::iter(parts))).unwrap();
        let first = |request: Request| async move {
            request.into_body().frame().await;
        };
        let echo = |request: Request| async move { request.into_body() };
        let router = Router::new()
            .route("/none", post(|| async {}))
            .route("/first", post(first))
            .route("/echo", post(echo))
            .layer(from_fn(answer_after_body));
        let answer = router.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        read.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn what_is_left_of_a_body_is_read_before_the_answer() {
        let length = ("content-length", "80");
        let wait = ("expect", "100-continue");
        for (path, headers, expected) in [
            ("/none", &[length][..], PARTS),
            ("/first", &[length], PARTS),
            ("/none", &[], PARTS),
            // Whoever waits to be asked is not asked for nothing, but may go on.
            ("/none", &[length, wait], 0),
            ("/first", &[length, wait], PARTS),
            // It would be too much.
            ("/none", &[("content-length", "999999999999")], 0),
            // Somebody still reads it.
            ("/echo", &[length], 0),
        ] {
            assert_eq!(parts_read(path, headers).await, expected, "{path} {headers:?}");
        }
    }
}
