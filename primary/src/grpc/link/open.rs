//! How a link begins: who is there, what it holds, where to go on.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use palisade_api::encoded::EncodedDown;
use palisade_api::federation::{Bye, Down, Hello, Up, Welcome, bye, down, up};
use palisade_api::kind::LogId;
use palisade_api::{ClusterId, Code};
use palisade_sync::Position;
use palisade_transport::server::MemberGate as _;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use super::downward::{Downward, FederationOutlet};
use super::vulndb::Offers;
use super::{Messages, upward};
use crate::App;
use crate::federation::address::primary_name;
use crate::federation::link_registry::{Introduction, MemberLink};
use crate::grpc::status;
use crate::store::{self, StoreError};

/// How long a member may take to say what it holds.
const GREETING: Duration = Duration::from_secs(10);

/// How long a first link may take to show that it is alive when a second one
/// is opened.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// The role of agents that are handed the vulnerability database.
const SCANNER: &str = "scanner";

/// When the second one may try again.
const DUPLICATE_RETRY_MS: u32 = 15_000;

/// Greets a member and starts both halves of its stream.
pub(super) async fn open(
    app: &App,
    cluster: ClusterId,
    mut up: Streaming<Up>,
) -> Result<Messages<EncodedDown>, Status> {
    if app.shutdown.token().is_cancelled() {
        return Err(Status::unavailable("the primary stops"));
    }
    let hello = match tokio::time::timeout(GREETING, up.message()).await {
        Ok(Ok(Some(Up { body: Some(up::Body::Hello(hello)) }))) => hello,
        Ok(Err(status)) => return Err(status),
        Ok(Ok(_)) => return Err(status(Code::InvalidRequest, "the first message is a Hello")),
        Err(_) => return Err(Status::deadline_exceeded("no Hello in time")),
    };
    if let Some(first) = app.links.get(cluster) {
        if first.probe(SIGN_OF_LIFE).await {
            tracing::warn!(%cluster, "a second agent uses the identity of a connected one");
            return Ok(farewell(duplicate()));
        }
        first.end(duplicate());
        app.links.leave(&first);
    }
    let welcome = welcome(app, cluster).await?;

    let mut cursors = Vec::new();
    let mut federation = None;
    let mut verdicts = None;
    for position in &hello.positions {
        let Some(log) = LogId::from_number(position.log) else { continue };
        let slot: &mut Option<FederationOutlet> = match log {
            LogId::Federation => &mut federation,
            LogId::Verdicts => &mut verdicts,
        };
        if slot.is_some() {
            return Err(status(Code::InvalidRequest, "a log is named twice"));
        }
        *slot = app.links.feed().attach(log, Position::from_wire(position));
        cursors.extend(slot.iter().map(|outlet| (log, outlet.cursor())));
    }
    let (link, control) = MemberLink::new(
        cluster,
        app.clock.now(),
        introduction(hello),
        cursors,
        CancellationToken::new(),
    );
    if !app.links.enter(&link) {
        return Ok(farewell(duplicate()));
    }
    let vulndb = link.roles.iter().any(|role| role == SCANNER).then(|| Offers::of(app));
    let downward =
        Downward::new(app.links.clone(), link.clone(), control, federation, verdicts, vulndb);
    // The lane is empty: there is room.
    link.try_send(down::Body::Welcome(welcome));
    if app.trust.removed.is_removed(cluster) {
        app.links.dismiss(&[cluster], bye::Reason::Removed);
    }
    if app.shutdown.token().is_cancelled() {
        // It came after the farewell to all.
        link.stop.cancel();
    }
    tracing::info!(%cluster, version = link.version, "a member connected");
    app.shutdown.spawn("link", upward::run(app.clone(), Arc::clone(&link), up));
    Ok(downward.into_messages())
}

fn introduction(hello: Hello) -> Introduction {
    let short = |text: String| text.chars().take(64).collect();
    Introduction {
        version: short(hello.version),
        roles: hello.roles.into_iter().take(8).map(short).collect(),
    }
}

fn duplicate() -> Bye {
    Bye {
        reason: bye::Reason::Duplicate.into(),
        text: "another agent with the same identity is connected".to_owned(),
        retry_after_ms: DUPLICATE_RETRY_MS,
    }
}

fn farewell(bye: Bye) -> Messages<EncodedDown> {
    let message = EncodedDown::from(&Down { body: Some(down::Body::Bye(bye)) });
    Box::pin(futures_util::stream::once(async { Ok(message) }))
}

/// A member that connects while the database is away is welcomed all the same:
/// it sends its events again, and those that are stored are passed over.
async fn welcome(app: &App, cluster: ClusterId) -> Result<Welcome, Status> {
    let read = async {
        let mut connection = app.database.acquire().await?;
        let federation = store::federation::get(&mut connection).await?;
        let member = store::member::get(&mut connection, cluster).await?;
        let events_seen = store::event::last_seq(&mut connection, cluster).await?;
        Ok::<_, StoreError>((federation, member, events_seen))
    };
    let mut welcome = Welcome {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        features: Vec::new(),
        primary_id: String::new(),
        primary_name: String::new(),
        events_seen: 0,
        epoch: Bytes::new(),
    };
    let head = app.links.feed().ring(LogId::Federation).and_then(palisade_sync::ring::Ring::head);
    if let Some(head) = head {
        welcome.epoch = Bytes::copy_from_slice(head.epoch.0.as_bytes());
    }
    match read.await {
        Ok((federation, Some(_), events_seen)) => {
            welcome.primary_id = federation.cluster_id.to_string();
            welcome.primary_name = primary_name(&app.config, &federation);
            welcome.events_seen = events_seen;
        }
        Ok((_, None, _)) => {
            return Err(status(
                Code::FedOperationFailed,
                "the primary does not know this cluster: was it restored from a backup?",
            ));
        }
        Err(error) => {
            tracing::warn!(%cluster, %error, "a member connects while the database is away");
        }
    }
    Ok(welcome)
}
