//! How a link begins: who is there, what it holds, where to go on.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use palisade_api::encoded::EncodedDown;
use palisade_api::federation::{
    Bye, Down, Hello, PrimaryAddress, RenewNow, TrustBundle, Up, Welcome, bye, down, up,
};
use palisade_api::kind::LogId;
use palisade_api::protocol::{Mismatch, Protocols, SPOKEN};
use palisade_api::{ClusterId, Code, feature};
use palisade_sync::{Position, Subscriber};
use palisade_transport::server::{PeerConnection, PeerSerial};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status, Streaming};

use super::downward::{Downward, FederationOutlet};
use super::stream::Downstream;
use super::vulndb::Offers;
use super::{shortened, upward, workloads};
use crate::App;
use crate::federation::address::{federation_address, primary_name};
use crate::federation::member_link::{Introduction, MemberLink};
use crate::federation::membership;
use crate::grpc::{enrol, status};
use crate::store::member_kind::MemberKind;
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

/// When a member that speaks another protocol may try again.
const VERSION_RETRY_MS: u32 = 60_000;
/// The same while the replicas of this primary are upgraded one by one: another one
/// may speak it.
const UPGRADE_RETRY_MS: u32 = 5_000;

/// Logs that a member may name: those that are, and some that a newer one knows.
const MOST_POSITIONS: usize = 16;

/// Who opens a link, and by what.
#[derive(Debug)]
pub(super) struct Peer {
    cluster: ClusterId,
    /// Serial number of its certificate.
    serial: String,
    /// Ends its connection.
    connection: CancellationToken,
    /// The address that it comes from.
    source: String,
}

impl Peer {
    pub(super) fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let extensions = request.extensions();
        let serial = extensions.get::<PeerSerial>().and_then(|peer| peer.0.clone());
        let connection = extensions.get::<PeerConnection>().map(|peer| peer.0.clone());
        Ok(Self {
            cluster: enrol::peer(request)?,
            serial: serial.unwrap_or_default(),
            connection: connection.unwrap_or_default(),
            source: enrol::source(request),
        })
    }
}

/// Greets a member and starts both halves of its stream.
pub(super) async fn open(
    app: &App,
    peer: Peer,
    mut up: Streaming<Up>,
) -> Result<Downstream, Status> {
    let cluster = peer.cluster;
    if app.shutdown.token().is_cancelled() {
        return Err(Status::unavailable("the primary stops"));
    }
    let hello = match tokio::time::timeout(GREETING, up.message()).await {
        Ok(Ok(Some(Up { body: Some(up::Body::Hello(hello)) }))) => hello,
        Ok(Err(status)) => return Err(status),
        Ok(Ok(_)) => return Err(status(Code::InvalidRequest, "the first message is a Hello")),
        Err(_) => return Err(Status::deadline_exceeded("no Hello in time")),
    };
    if hello.positions.len() > MOST_POSITIONS {
        return Err(status(Code::InvalidRequest, "more logs are named than there are"));
    }
    let theirs = Protocols::from_wire(hello.protocol.as_ref());
    if let Err(mismatch) = SPOKEN.common(theirs) {
        tracing::warn!(%cluster, %theirs, "a member speaks another protocol");
        note_version(app, cluster, Some(mismatch)).await;
        let upgrade_ongoing = app.replicas.upgrade_ongoing();
        return Ok(farewell(other_version(mismatch, theirs, upgrade_ongoing)));
    }
    if let Some(first) = app.links.get(cluster) {
        if first.probe(SIGN_OF_LIFE).await {
            return Ok(refuse_second(app, &peer).await);
        }
        first.end(duplicate());
        app.links.leave(&first);
    }
    let Greeting { welcome, pending, renew } = greet(app, &peer).await?;

    let mut cursors = Vec::new();
    let mut federation = None;
    let mut verdicts = None;
    let takes_older = hello.features.iter().any(|known| known == feature::OLDER_OBJECTS);
    let subscriber = Subscriber { member: cluster, takes_older };
    let positions = if pending { &[] } else { hello.positions.as_slice() };
    for position in positions {
        let Some(log) = LogId::from_number(position.log) else { continue };
        let slot: &mut Option<FederationOutlet> = match log {
            LogId::Federation => &mut federation,
            LogId::Verdicts => &mut verdicts,
        };
        if slot.is_some() {
            return Err(status(Code::InvalidRequest, "a log is named twice"));
        }
        *slot = app.links.feed().attach(log, subscriber, Position::from_wire(position));
        cursors.extend(slot.iter().map(|outlet| (log, outlet.cursor())));
    }
    let reports_workloads = hello.features.iter().any(|name| name == workloads::FEATURE);
    let (link, control) = MemberLink::new(
        cluster,
        app.clock.now(),
        introduction(hello, peer.serial.clone(), pending),
        cursors,
        CancellationToken::new(),
        peer.connection.clone(),
    );
    if !app.links.enter(&link) {
        return Ok(refuse_second(app, &peer).await);
    }
    let scans = !pending && link.roles.iter().any(|role| role == SCANNER);
    let vulndb = scans.then(|| Offers::of(app));
    let downward =
        Downward::new(app.links.clone(), link.clone(), control, federation, verdicts, vulndb);
    // The lane is empty: there is room.
    link.try_send(down::Body::Welcome(welcome));
    if renew {
        link.try_send(down::Body::RenewNow(RenewNow {}));
    }
    if reports_workloads {
        link.try_send(down::Body::Workloads(workloads::held(app, cluster).await));
    }
    if app.trust.removed.is_removed(cluster) {
        app.links.dismiss(&[cluster], bye::Reason::Removed);
    }
    if app.trust.removed.is_revoked(&peer.serial) {
        app.links.part_with_revoked(std::slice::from_ref(&peer.serial));
    }
    if app.shutdown.token().is_cancelled() {
        // It came after the farewell to all.
        link.stop.cancel();
    }
    tracing::info!(%cluster, version = link.version, "a member connected");
    app.shutdown.spawn("link", upward::run(app.clone(), Arc::clone(&link), up));
    Ok(downward.into_messages())
}

/// Refuses a second agent with the identity of a connected one, and lets the
/// operator know.
async fn refuse_second(app: &App, peer: &Peer) -> Downstream {
    let cluster = peer.cluster;
    tracing::warn!(%cluster, source = peer.source,
        "a second agent uses the identity of a connected one");
    if let Err(error) = membership::note_duplicate(app, cluster, &peer.source).await {
        tracing::warn!(%cluster, %error, "that cannot be noted");
    }
    farewell(duplicate())
}

fn introduction(hello: Hello, serial: String, pending: bool) -> Introduction {
    let short = |text: String| shortened(&text, 64);
    let keeps_namespaces = hello.features.iter().any(|one| one == feature::NAMESPACED_CALLERS);
    Introduction {
        serial,
        keeps_namespaces,
        version: short(hello.version),
        roles: hello.roles.into_iter().take(8).map(short).collect(),
        pending,
    }
}

fn duplicate() -> Bye {
    Bye {
        reason: bye::Reason::Duplicate.into(),
        text: "another agent with the same identity is connected".to_owned(),
        retry_after_ms: DUPLICATE_RETRY_MS,
        ..Bye::default()
    }
}

fn other_version(mismatch: Mismatch, theirs: Protocols, upgrade_ongoing: bool) -> Bye {
    let upgrade = match mismatch {
        _ if upgrade_ongoing => "the primary is being upgraded",
        Mismatch::OtherTooOld => "upgrade the agent",
        Mismatch::OtherTooNew => "upgrade the primary",
    };
    Bye {
        reason: bye::Reason::Version.into(),
        text: format!("the primary speaks the protocol {SPOKEN}, the agent {theirs}: {upgrade}"),
        retry_after_ms: if upgrade_ongoing { UPGRADE_RETRY_MS } else { VERSION_RETRY_MS },
        protocol: Some(SPOKEN.to_wire()),
        upgrade_ongoing,
    }
}

/// Notes for all replicas whether a member speaks what this one does.
async fn note_version(app: &App, cluster: ClusterId, refusal: Option<Mismatch>) {
    let note = async {
        let mut conn = app.database.acquire().await?;
        store::member::note_version(&mut conn, cluster, refusal).await
    };
    if let Err(error) = note.await {
        tracing::warn!(%cluster, %error, "the member's version cannot be noted");
    }
}

fn farewell(bye: Bye) -> Downstream {
    let message = EncodedDown::from(&Down { body: Some(down::Body::Bye(bye)) });
    Box::pin(futures_util::stream::once(async { message }))
}

/// What a member is told at first.
struct Greeting {
    welcome: Welcome,
    pending: bool,
    /// Its certificate is of an authority that is being replaced.
    renew: bool,
}

/// A member that connects while the database is away is welcomed all the same:
/// it sends its events again, and those that are stored are passed over.
async fn greet(app: &App, peer: &Peer) -> Result<Greeting, Status> {
    let cluster = peer.cluster;
    let read = async {
        let mut conn = app.database.acquire().await?;
        let federation = store::federation::get(&mut conn).await?;
        let member = store::member::get(&mut conn, cluster).await?;
        let events_seen = store::event::last_seq(&mut conn, cluster).await?;
        let configuration = store::configuration::newest_digest(&mut conn, cluster).await?;
        let authority = store::certificate::used(&mut conn, &peer.serial, app.clock.now()).await?;
        Ok::<_, StoreError>((federation, member, events_seen, configuration, authority))
    };
    let authorities = app.trust.authorities();
    let mut welcome = Welcome {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: Some(SPOKEN.to_wire()),
        trust: Some(TrustBundle { authorities: authorities.to_wire() }),
        ..Welcome::default()
    };
    let head = app.links.feed().ring(LogId::Federation).and_then(palisade_sync::ring::Ring::head);
    if let Some(head) = head {
        welcome.epoch = Bytes::copy_from_slice(head.epoch.0.as_bytes());
    }
    let mut renew = false;
    let pending = match read.await {
        Ok((_, Some(member), ..)) if member.kind == MemberKind::Scanner => {
            let text = "a scan worker has no link: it asks for work";
            return Err(status(Code::RemoteUnauthorized, text));
        }
        Ok((federation, Some(member), events_seen, configuration, authority)) => {
            welcome.primary_id = federation.cluster_id.to_string();
            welcome.primary_name = primary_name(&app.config, &federation);
            welcome.events_seen = events_seen;
            let address = federation_address(&app.config, &federation);
            welcome.address = Some(PrimaryAddress { server: address.server, port: address.port });
            let digest = configuration.map(|digest| Bytes::copy_from_slice(digest.as_bytes()));
            welcome.configuration = Some(digest.unwrap_or_default());
            if member.version_refusal.is_some() {
                note_version(app, cluster, None).await;
            }
            renew = authorities.is_replaced()
                && authority.is_some_and(|of| of != authorities.issuing().fingerprint());
            member.pending
        }
        Ok((_, None, ..)) => {
            return Err(status(
                Code::FedOperationFailed,
                "the primary does not know this cluster: was it restored from a backup?",
            ));
        }
        Err(error) => {
            tracing::warn!(%cluster, %error, "a member connects while the database is away");
            app.trust.unapproved.load().contains(&cluster)
        }
    };
    welcome.pending = pending;
    Ok(Greeting { welcome, pending, renew })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_member_says_of_itself_fits_the_database() {
        // It is written down in one statement with what others say.
        let hello = Hello { version: "1\0.2".to_owned(), ..Hello::default() };
        assert_eq!(introduction(hello, String::new(), false).version, "1.2");
        let hello = Hello { version: "9".repeat(1_000), ..Hello::default() };
        assert_eq!(introduction(hello, String::new(), false).version.len(), 64);
    }
}
