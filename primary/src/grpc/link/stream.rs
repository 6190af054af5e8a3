//! `Link.Open` over HTTP/2. The messages are encoded, with their gRPC prefix,
//! before they come here: the bytes of a change are shared by all streams down
//! to the TLS connections, and a stream has no buffer of its own to encode into.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderValue, header};
use http_body::Frame;
use palisade_api::encoded::EncodedDown;
use palisade_api::federation::{Down, Up};
use tonic::codec::BufferSettings;
use tonic::metadata::MetadataMap;
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;

use super::MOST_BYTES;
use super::open::{self, Peer};
use crate::App;

/// Where the method is served.
pub(in crate::grpc) const PATH: &str = "/palisade.federation.v1.Link/Open";

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
const OK: HeaderValue = HeaderValue::from_static("0");

/// Downward messages of one link.
pub(super) type Downstream = Pin<Box<dyn Stream<Item = EncodedDown> + Send>>;

/// Serves a call of the method.
pub(in crate::grpc) async fn serve(State(app): State<App>, request: Request) -> Response {
    match answer(&app, request).await {
        Ok(messages) => {
            let mut response = Response::new(Body::new(DownBody(Some(messages))));
            response.headers_mut().insert(header::CONTENT_TYPE, GRPC);
            response
        }
        Err(status) => status.into_http(),
    }
}

async fn answer(app: &App, request: Request) -> Result<Downstream, Status> {
    let (parts, body) = request.into_parts();
    if parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| !kind.as_bytes().starts_with(GRPC.as_bytes()))
    {
        return Err(Status::invalid_argument("this is a gRPC method"));
    }
    // Thousands of streams lie idle, each with its buffer: it is small, and
    // grows when a message needs it.
    let decoder = ProstCodec::<Down, Up>::raw_decoder(BufferSettings::new(1024, 16 * 1024));
    let up = Streaming::new_request(decoder, body, None, Some(MOST_BYTES));
    let metadata = MetadataMap::from_headers(parts.headers);
    let request = tonic::Request::from_parts(metadata, parts.extensions, up);
    let peer = Peer::of(&request)?;
    open::open(app, peer, request.into_inner()).await
}

/// The messages, each a frame, and the trailers of a stream that ended well;
/// none when it has ended.
struct DownBody(Option<Downstream>);

impl http_body::Body for DownBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(messages) = &mut self.0 else { return Poll::Ready(None) };
        let frame = if let Some(message) = ready!(messages.as_mut().poll_next(cx)) {
            Frame::data(message.into_bytes())
        } else {
            self.0 = None;
            Frame::trailers(HeaderMap::from_iter([(Status::GRPC_STATUS, OK)]))
        };
        Poll::Ready(Some(Ok(frame)))
    }
}
