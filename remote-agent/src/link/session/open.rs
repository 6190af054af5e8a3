//! How a session begins: where to dial, and what the agent says of itself.

use std::sync::Arc;
use std::time::Duration;

use palisade_api::clock::SharedClock;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::up::Body as UpBody;
use palisade_api::federation::{Hello, Up};
use palisade_api::kind::LogId;
use palisade_api::protocol::SPOKEN;
use palisade_api::{ObjectKind, feature};
use palisade_controller::Controller;
use palisade_sync::Receiver;
use palisade_transport::client::{ConnectError, PrimaryAddress, Trust, connect_through};
use palisade_transport::identity::{MemberIdentity, Membership};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tracing::debug;

use super::{End, Session, UP_QUEUE};
use crate::enrol;
use crate::link::{LinkConfig, LinkHandle, workloads};

/// The largest message that is taken: an object of a megabyte, and its frame.
const MOST_MESSAGE_BYTES: usize = 2 << 20;
/// How long the primary may take to open the stream.
const OPEN: Duration = Duration::from_secs(20);
/// How long somebody unknown may take to hand on what the known authority has revoked.
const ASKED: Duration = Duration::from_mins(2);

/// Dials the primary and greets it.
pub(super) async fn open<'a>(
    config: &LinkConfig,
    handle: &'a LinkHandle,
    controller: &'a Controller,
    clock: &'a SharedClock,
    identity: &'a MemberIdentity,
    attempt: usize,
) -> Result<Session<'a>, End> {
    let receiver = Receiver::open(Arc::new(controller.replica()), &LogId::ALL, |kind| {
        ObjectKind::from_number(kind).is_some()
    })
    .await
    .map_err(|error| End::failed(error, false))?;
    let address = address(identity.membership(), attempt);
    let address =
        address.parse().map_err(|error| End::failed(format!("{address}: {error}"), false))?;
    let connection = match connect_through(&address, Trust::Member(identity), handle.proxy()).await
    {
        Ok(connection) => connection,
        Err(error) => return Err(turned_away(handle, identity, &address, &error).await),
    };
    handle.dialled(connection.clone());

    let (up, queue) = mpsc::channel(UP_QUEUE);
    let hello = Hello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        features: features(controller),
        positions: receiver.positions(),
        roles: config.roles.clone(),
        rest_server: handle.rest().server.clone(),
        rest_port: handle.rest().port.into(),
        sent_at_ms: clock.now().timestamp_millis(),
        protocol: Some(SPOKEN.to_wire()),
    };
    // The queue is empty: this cannot fail.
    drop(up.try_send(UpBody::Hello(hello)));
    let messages = ReceiverStream::new(queue).map(|body| Up { body: Some(body) });
    let mut client =
        LinkClient::new(connection.channel()).max_decoding_message_size(MOST_MESSAGE_BYTES);
    let opened = tokio::time::timeout(OPEN, client.open(messages))
        .await
        .map_err(|_| End::failed("the primary does not open the link", false))?;
    let down = opened.map_err(|status| End::broken(&connection, &status, false))?.into_inner();
    Ok(Session {
        handle,
        controller,
        clock,
        identity,
        connection,
        down,
        up,
        receiver: Some(receiver),
        router: config.router.clone(),
        vulndb: config.vulndb.clone(),
        worked: false,
    })
}

/// The end that a failed connection means. Whoever comes back to an authority that it does
/// not know may have been removed while it was away: the one that it knows has left word.
async fn turned_away(
    handle: &LinkHandle,
    identity: &MemberIdentity,
    address: &PrimaryAddress,
    error: &ConnectError,
) -> End {
    if !matches!(error, ConnectError::AnotherAuthority { .. }) {
        return End::connect(error, false);
    }
    // Whoever answers there may be anybody, who begins an answer and never ends it.
    let asked = tokio::time::timeout(ASKED, enrol::is_revoked(address, identity, handle.proxy()));
    match asked.await {
        Ok(Ok(true)) => return End::connect(&ConnectError::Revoked, false),
        Ok(Ok(false)) => {}
        Ok(Err(unanswered)) => debug!(%unanswered, "nobody says whether this cluster was removed"),
        Err(late) => debug!(%late, "nobody says in time whether this cluster was removed"),
    }
    End::connect(error, false)
}

/// Where to dial: the address that the primary wants, and at every second attempt
/// after that failed one of those where it was before.
fn address(membership: &Membership, attempt: usize) -> &str {
    let former = &membership.former_addresses;
    if attempt.is_multiple_of(2) || former.is_empty() {
        return &membership.primary_address;
    }
    &former[(attempt / 2) % former.len()]
}

/// What this agent speaks beyond the protocol's first version.
fn features(controller: &Controller) -> Vec<String> {
    let workloads = reports(controller).then_some(workloads::FEATURE);
    let always = [feature::OLDER_OBJECTS, feature::NAMESPACED_CALLERS];
    always.into_iter().chain(workloads).map(str::to_owned).collect()
}

/// Whether this agent sees what runs.
pub(super) fn reports(controller: &Controller) -> bool {
    controller.scans().scans_here().is_some()
}
