//! A server of feeds that knows validators and ranges, and misbehaves as it
//! is told.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use futures_util::{StreamExt as _, stream};

/// How one request is answered.
#[derive(Clone, Copy)]
pub(crate) enum Reply {
    /// As it should be.
    Whole,
    /// The connection breaks after so many bytes of content.
    BreakAfter(usize),
    /// With a status, and what `Retry-After` says.
    Status(StatusCode, Option<&'static str>),
}

/// A request that was made.
#[derive(Clone)]
pub(crate) struct Request {
    /// What follows the question mark.
    pub(crate) query: String,
    headers: HeaderMap,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

#[derive(Default)]
struct Shelf {
    files: HashMap<String, (String, Bytes)>,
    replies: VecDeque<Reply>,
    /// What changes after the next answer.
    change: Option<(String, String, Bytes)>,
    requests: Vec<Request>,
}

#[derive(Clone)]
pub(crate) struct Server {
    address: std::net::SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/{name}", axum::routing::get(answer))
            .with_state(Arc::clone(&shelf));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, shelf }
    }

    pub(crate) fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    pub(crate) fn serve(&self, name: &str, tag: &str, content: &str) {
        let content = Bytes::copy_from_slice(content.as_bytes());
        self.shelf.lock().unwrap().files.insert(name.to_owned(), (tag.to_owned(), content));
    }

    pub(crate) fn remove(&self, name: &str) {
        self.shelf.lock().unwrap().files.remove(name);
    }

    /// The next answers; then all are as they should be.
    pub(crate) fn next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shelf.lock().unwrap().replies.extend(replies);
    }

    /// Content that takes the place of the old once that was asked for.
    pub(crate) fn next_change(&self, name: &str, tag: &str, content: &str) {
        let content = Bytes::copy_from_slice(content.as_bytes());
        let change = (name.to_owned(), tag.to_owned(), content);
        self.shelf.lock().unwrap().change = Some(change);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shelf.lock().unwrap().requests.clone()
    }
}

async fn answer(
    State(shelf): State<Arc<Mutex<Shelf>>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let mut shelf = shelf.lock().unwrap();
    let query = query.unwrap_or_default();
    shelf.requests.push(Request { query: query.clone(), headers: headers.clone() });
    let reply = shelf.replies.pop_front().unwrap_or(Reply::Whole);
    // A page of a file, or the file whatever is asked of it.
    let page = shelf.files.get(&format!("{name}?{query}"));
    let file = page.or_else(|| shelf.files.get(&name)).cloned();
    if let Some((name, tag, content)) = shelf.change.take() {
        shelf.files.insert(name, (tag, content));
    }
    let plain = |status: StatusCode| Response::builder().status(status);
    if let Reply::Status(status, retry_after) = reply {
        let mut response = plain(status);
        if let Some(after) = retry_after {
            response = response.header(header::RETRY_AFTER, after);
        }
        return response.body(Body::empty()).unwrap();
    }
    let Some((tag, content)) = file else {
        return plain(StatusCode::NOT_FOUND).body(Body::empty()).unwrap();
    };
    let asked = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if asked(header::IF_NONE_MATCH) == Some(tag.as_str()) {
        return plain(StatusCode::NOT_MODIFIED).body(Body::empty()).unwrap();
    }
    let start: usize = asked(header::RANGE)
        .filter(|_| asked(header::IF_RANGE) == Some(tag.as_str()))
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok())
        .unwrap_or(0);
    let rest = content.slice(start..);
    let mut response = if start > 0 {
        let range = format!("bytes {start}-{}/{}", content.len() - 1, content.len());
        plain(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, range)
    } else {
        plain(StatusCode::OK)
    };
    response = response.header(header::ETAG, tag).header(header::CONTENT_LENGTH, rest.len());
    let body = match reply {
        Reply::BreakAfter(bytes) => {
            let part = rest.slice(..bytes.min(rest.len()));
            let part = stream::iter([Ok::<_, std::io::Error>(part)]);
            // What was sent shall arrive before the connection breaks.
            let end = stream::once(async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                Err(std::io::Error::other("broken on purpose"))
            });
            Body::from_stream(part.chain(end))
        }
        _ => Body::from_stream(stream::iter([Ok::<_, Infallible>(rest)])),
    };
    response.body(body).unwrap()
}
