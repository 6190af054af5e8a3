//! A registry that lies, stalls and sends bombs.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http::{Request, Response, StatusCode, header};
use http_body_util::StreamBody;
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::image::Image;

/// How a body is sent.
#[derive(Clone, Debug)]
pub enum Sending {
    /// As it is.
    Honest,
    /// Only this many bytes, although more are announced.
    CutAfter(usize),
    /// `block` again and again, `times` times, after the bytes themselves.
    Repeating { block: Bytes, times: u64 },
    /// Nothing ever comes.
    Stalled,
}

/// One thing that can be fetched.
#[derive(Clone, Debug)]
struct Served {
    content_type: &'static str,
    digest: Option<String>,
    bytes: Bytes,
    sending: Sending,
}

#[derive(Debug, Default)]
struct Shelf {
    by_path: HashMap<String, Served>,
    tags: HashMap<String, Vec<String>>,
    wants_credentials: bool,
}

/// A registry whose answers the test decides.
#[derive(Debug)]
pub struct HostileRegistry {
    address: SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
    task: JoinHandle<()>,
}

impl HostileRegistry {
    /// Starts an empty one on a free loopback port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shelf = Arc::<Mutex<Shelf>>::default();
        let task = tokio::spawn(accept(listener, Arc::clone(&shelf)));
        Ok(Self { address, shelf, task })
    }

    /// Its URL, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Refuses everyone from now on.
    pub fn want_credentials(&self) {
        self.with_shelf(|shelf| shelf.wants_credentials = true);
    }

    /// Serves `image`; `how` says how the layer at `index` is sent.
    pub fn put(
        &self,
        image: &Image,
        repository: &str,
        tag: &str,
        how: impl Fn(usize) -> Sending,
    ) -> Result<()> {
        let manifest = image.manifest()?;
        self.with_shelf(|shelf| {
            shelf.tags.entry(repository.into()).or_default().push(tag.into());
            for reference in [tag, &manifest.digest] {
                shelf.by_path.insert(
                    format!("/v2/{repository}/manifests/{reference}"),
                    Served {
                        content_type: manifest.media_type,
                        digest: Some(manifest.digest.clone()),
                        bytes: manifest.bytes.clone(),
                        sending: Sending::Honest,
                    },
                );
            }
            let layers = image.layers.iter().enumerate().map(|(i, layer)| (layer, how(i)));
            for (blob, sending) in layers.chain([(&image.config, Sending::Honest)]) {
                shelf.by_path.insert(
                    format!("/v2/{repository}/blobs/{}", blob.digest),
                    Served {
                        content_type: "application/octet-stream",
                        digest: None,
                        bytes: blob.bytes.clone(),
                        sending,
                    },
                );
            }
        });
        Ok(())
    }

    fn with_shelf(&self, change: impl FnOnce(&mut Shelf)) {
        change(&mut self.shelf.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for HostileRegistry {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shelf: Arc<Mutex<Shelf>>) {
    let mut connections = JoinSet::new();
    while let Ok((connection, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(serve(connection, Arc::clone(&shelf)));
    }
}

async fn serve(connection: TcpStream, shelf: Arc<Mutex<Shelf>>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer(&shelf.lock().unwrap_or_else(PoisonError::into_inner), &request);
        async move { Ok::<_, Infallible>(answer) }
    });
    // A scanner that turns away in the middle of a bomb is what is hoped for.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .await;
}

type Chunks = BoxStream<'static, Result<Frame<Bytes>, std::io::Error>>;

fn answer(shelf: &Shelf, request: &Request<Incoming>) -> Response<StreamBody<Chunks>> {
    let path = request.uri().path();
    if shelf.wants_credentials {
        let mut answer = text(StatusCode::UNAUTHORIZED, r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#);
        answer.headers_mut().insert(
            header::WWW_AUTHENTICATE,
            header::HeaderValue::from_static("Basic realm=\"hostile\""),
        );
        return answer;
    }
    if path == "/v2/" || path == "/v2" {
        return text(StatusCode::OK, "{}");
    }
    if path == "/v2/_catalog" {
        let repositories: Vec<&String> = shelf.tags.keys().collect();
        return text(StatusCode::OK, &json!({ "repositories": repositories }).to_string());
    }
    if let Some(repository) =
        path.strip_prefix("/v2/").and_then(|rest| rest.strip_suffix("/tags/list"))
    {
        let tags = shelf.tags.get(repository);
        return text(StatusCode::OK, &json!({ "name": repository, "tags": tags }).to_string());
    }
    let Some(served) = shelf.by_path.get(path) else {
        return text(StatusCode::NOT_FOUND, r#"{"errors":[{"code":"NOT_FOUND"}]}"#);
    };
    let mut answer = Response::builder().header(header::CONTENT_TYPE, served.content_type);
    if let Some(digest) = &served.digest {
        answer = answer.header("Docker-Content-Digest", digest);
    }
    if !matches!(served.sending, Sending::Repeating { .. }) {
        answer = answer.header(header::CONTENT_LENGTH, served.bytes.len());
    }
    answer.body(body(served)).unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, ""))
}

fn body(served: &Served) -> StreamBody<Chunks> {
    let whole = served.bytes.clone();
    let chunks: Chunks = match served.sending.clone() {
        Sending::Honest => stream::iter([Ok(Frame::data(whole))]).boxed(),
        Sending::CutAfter(length) => {
            // Late enough for the bytes before it to be on their way.
            let cut = async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
            };
            stream::iter([Ok(Frame::data(whole.slice(..length)))]).chain(stream::once(cut)).boxed()
        }
        Sending::Repeating { block, times } => stream::iter([Ok(Frame::data(whole))])
            .chain(stream::iter(0..times).map(move |_| Ok(Frame::data(block.clone()))))
            .boxed(),
        Sending::Stalled => stream::pending().boxed(),
    };
    StreamBody::new(chunks)
}

fn text(status: StatusCode, text: &str) -> Response<StreamBody<Chunks>> {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let mut answer = Response::new(StreamBody::new(stream::iter([Ok(Frame::data(bytes))]).boxed()));
    *answer.status_mut() = status;
    answer
}
