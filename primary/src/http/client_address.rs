//! Who calls, where a proxy is in between.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderName;
use palisade_transport::server::PeerAddress;

use crate::App;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Puts the client's address in the place of that of a proxy which is trusted.
pub(super) async fn behind_proxy(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let proxies = &app.config.trusted_proxies;
    if !proxies.is_empty()
        && let Some(PeerAddress(peer)) = request.extensions().get::<PeerAddress>().copied()
    {
        let told = request.headers().get_all(FORWARDED_FOR).iter();
        // A line that is no text says nothing, and ends what is believed.
        let told: Vec<&str> =
            told.flat_map(|line| line.to_str().unwrap_or("?").split(',')).collect();
        let client = proxies.client(peer.ip(), told.into_iter());
        request.extensions_mut().insert(PeerAddress(SocketAddr::new(client, peer.port())));
    }
    next.run(request).await
}
