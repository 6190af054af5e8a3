//! One connected member, and what is known of it: all in memory, so that neither
//! an acknowledgement nor a call is a row.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use palisade_api::encoded::EncodedDown;
use palisade_api::federation::{Bye, Down, Pong, down};
use palisade_api::kind::LogId;
use palisade_api::{ClusterId, Revision, sync};
use palisade_sync::outlet::Cursor;
use palisade_sync::sender::Acknowledged;
use palisade_sync::{ObjectError, Position};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::fanout::FederationFeed;
use super::forwarding::{MAX_CALLS, MAX_WAITING, PendingCall};
use super::link_status::{LinkState, LinkStatus, LogProgress, VulndbInUse};
use super::lock;

/// Messages that wait in the control lane of one link.
pub const CONTROL_LANE: usize = 32;

/// What is known of one link.
#[derive(Debug)]
pub struct MemberLink {
    /// The member.
    pub cluster: ClusterId,
    /// Since when it is connected.
    pub connected_at: DateTime<Utc>,
    /// Serial number of the certificate that it came with.
    pub(super) serial: String,
    /// The version of its agent.
    pub version: String,
    /// The roles that its agent runs.
    pub roles: Vec<String>,
    /// Whether its agent keeps calls to the namespaces of who makes them.
    pub(super) keeps_namespaces: bool,
    /// Ends both halves of the stream.
    pub stop: CancellationToken,
    /// Ends the connection below, for a member that cannot be told anything
    /// because it does not read.
    connection: CancellationToken,
    /// Joined and not confirmed: it is sent nothing that is federated.
    pub pending: bool,
    /// Events are being stored: what the member says is not read, which is not
    /// its fault.
    pub(crate) storing: AtomicBool,
    control: mpsc::Sender<EncodedDown>,
    pub(super) logs: Vec<LinkLog>,
    bye: Mutex<Option<Bye>>,
    vulndb: Mutex<Option<VulndbInUse>>,
    /// Connected or acknowledged, and not yet written to the database.
    unwritten: AtomicBool,
    /// It was seen after its end.
    ended: AtomicBool,
    heard: AtomicU64,
    ponged: Notify,
    /// How many wait for a sign of life.
    probes: AtomicUsize,
    pub(super) calls: Mutex<HashMap<u64, PendingCall>>,
    pub(super) call_places: Arc<Semaphore>,
    pub(super) call_queue: Arc<Semaphore>,
}

#[derive(Debug)]
pub(super) struct LinkLog {
    log: LogId,
    cursor: Arc<Cursor<EncodedDown>>,
    errors: Mutex<Vec<ObjectError>>,
}

/// Who connects, and what it says of itself.
#[derive(Clone, Debug)]
pub struct Introduction {
    /// Serial number of its certificate.
    pub serial: String,
    /// The version of its agent.
    pub version: String,
    /// The roles that its agent runs.
    pub roles: Vec<String>,
    /// Whether its agent keeps calls to the namespaces of who makes them.
    pub keeps_namespaces: bool,
    /// Whether somebody has to confirm that it joins.
    pub pending: bool,
}

impl MemberLink {
    /// A link of `cluster`; its control lane's other end is returned too.
    pub fn new(
        cluster: ClusterId,
        connected_at: DateTime<Utc>,
        introduction: Introduction,
        cursors: Vec<(LogId, Arc<Cursor<EncodedDown>>)>,
        stop: CancellationToken,
        connection: CancellationToken,
    ) -> (Arc<Self>, mpsc::Receiver<EncodedDown>) {
        let (control, lane) = mpsc::channel(CONTROL_LANE);
        let logs = cursors
            .into_iter()
            .map(|(log, cursor)| LinkLog { log, cursor, errors: Mutex::default() })
            .collect();
        let link = Self {
            cluster,
            connected_at,
            serial: introduction.serial,
            version: introduction.version,
            roles: introduction.roles,
            keeps_namespaces: introduction.keeps_namespaces,
            pending: introduction.pending,
            stop,
            connection,
            storing: AtomicBool::new(false),
            control,
            logs,
            bye: Mutex::default(),
            vulndb: Mutex::default(),
            unwritten: AtomicBool::new(true),
            ended: AtomicBool::new(false),
            heard: AtomicU64::new(0),
            ponged: Notify::new(),
            probes: AtomicUsize::new(0),
            calls: Mutex::default(),
            call_places: Arc::new(Semaphore::new(MAX_CALLS)),
            call_queue: Arc::new(Semaphore::new(MAX_CALLS + MAX_WAITING)),
        };
        (Arc::new(link), lane)
    }

    /// Puts a message on the control lane; false when the lane is full or the
    /// link has ended.
    pub fn try_send(&self, body: down::Body) -> bool {
        self.control.try_send(EncodedDown::from(&Down { body: Some(body) })).is_ok()
    }

    /// Puts a message on the control lane, waiting for room; false when the
    /// link has ended.
    pub async fn send(&self, body: down::Body) -> bool {
        let message = EncodedDown::from(&Down { body: Some(body) });
        tokio::select! {
            sent = self.control.send(message) => sent.is_ok(),
            () = self.stop.cancelled() => false,
        }
    }

    /// Ends the link with a word of farewell. The first word counts.
    pub fn end(&self, bye: Bye) {
        lock(&self.bye).get_or_insert(bye);
        self.stop.cancel();
    }

    /// Cuts the connection: the member has not taken its farewell.
    pub(crate) fn cut(&self) {
        self.connection.cancel();
    }

    /// Whether the link has ended and was still there when this was asked
    /// before: the member does not read what it is sent.
    pub(crate) fn lingers(&self) -> bool {
        self.stop.is_cancelled() && self.ended.swap(true, Ordering::AcqRel)
    }

    /// The word of farewell, for the stream to send last.
    pub(crate) fn take_bye(&self) -> Option<Bye> {
        lock(&self.bye).take()
    }

    /// Hears an acknowledgement.
    pub(crate) fn acknowledged(
        &self,
        log: LogId,
        held: Position,
        errors: Vec<ObjectError>,
        feed: &FederationFeed,
    ) {
        let Some(link_log) = self.log(log) else { return };
        let Some(ring) = feed.ring(log) else { return };
        let outcome = link_log.cursor.ack(held, ring);
        if outcome == Acknowledged::Stale {
            return;
        }
        if outcome == Acknowledged::Differs {
            tracing::warn!(cluster = %self.cluster, ?log, revision = %held.revision,
                "the member holds another set than the primary; it is sent a snapshot");
            metrics::counter!("palisade_link_digest_mismatches_total").increment(1);
        }
        *lock(&link_log.errors) = errors;
        self.unwritten.store(true, Ordering::Release);
    }

    /// Hears what the member scans with.
    pub(crate) fn scans_with(&self, vulndb: VulndbInUse) {
        *lock(&self.vulndb) = Some(vulndb);
    }

    /// Hears that the member wants a log from its start.
    pub(crate) fn resync(&self, log: LogId) {
        if let Some(link_log) = self.log(log) {
            link_log.cursor.resync();
        }
    }

    /// Hears anything at all.
    pub(crate) fn hear(&self) {
        self.heard.fetch_add(1, Ordering::AcqRel);
        self.ponged.notify_waiters();
    }

    /// Asks whether the member still listens, and waits for any word of it.
    pub(crate) async fn probe(&self, limit: Duration) -> bool {
        let before = self.heard.load(Ordering::Acquire);
        let heard = self.ponged.notified();
        tokio::pin!(heard);
        heard.as_mut().enable();
        let nonce = before.wrapping_add(1);
        let _asking = Asking::of(&self.probes);
        self.try_send(down::Body::Probe(Pong { nonce }));
        tokio::select! {
            () = heard => true,
            () = tokio::time::sleep(limit) => self.heard.load(Ordering::Acquire) != before,
            () = self.stop.cancelled() => false,
        }
    }

    /// The acknowledged positions, if there are any that were not taken before.
    pub(crate) fn take_unwritten(&self) -> Option<Vec<sync::Position>> {
        self.unwritten
            .swap(false, Ordering::AcqRel)
            .then(|| self.logs.iter().map(|l| l.cursor.lock().acked().to_wire(l.log)).collect())
    }

    /// The objects of the federation log that the member could not put in force.
    pub(crate) fn errors(&self) -> Vec<sync::ObjectError> {
        let log = self.log(LogId::Federation);
        log.map_or_else(Vec::new, |log| lock(&log.errors).iter().cloned().map(Into::into).collect())
    }

    /// Puts back what could not be written.
    pub(crate) fn keep_unwritten(&self) {
        self.unwritten.store(true, Ordering::Release);
    }

    /// Whether the member has to be disconnected.
    pub(crate) fn overdue(&self, feed: &FederationFeed) -> bool {
        !self.storing.load(Ordering::Acquire)
            && self
                .logs
                .iter()
                .any(|log| feed.ring(log.log).is_some_and(|ring| log.cursor.overdue(ring)))
    }

    /// The revision up to which the member says to hold all that concerns it.
    pub(crate) fn acked(&self, log: LogId) -> Option<Revision> {
        self.log(log).map(|log| log.cursor.lock().caught_up())
    }

    fn log(&self, log: LogId) -> Option<&LinkLog> {
        self.logs.iter().find(|link_log| link_log.log == log)
    }

    pub(super) fn status(&self, feed: &FederationFeed) -> LinkStatus {
        let logs: Vec<LogProgress> = self.logs.iter().map(|log| log.progress(feed)).collect();
        let any = |state| logs.iter().any(|log| log.state == state);
        let state = if self.probes.load(Ordering::Acquire) > 0 {
            LinkState::Pinging
        } else if any(LinkState::Syncing) {
            LinkState::Syncing
        } else if any(LinkState::OutOfSync) {
            LinkState::OutOfSync
        } else if any(LinkState::Connected) || logs.is_empty() {
            LinkState::Connected
        } else {
            LinkState::Synced
        };
        LinkStatus {
            state,
            connected_at: self.connected_at,
            version: self.version.clone(),
            roles: self.roles.clone(),
            logs,
            vulndb: lock(&self.vulndb).clone(),
        }
    }
}

impl LinkLog {
    fn progress(&self, feed: &FederationFeed) -> LogProgress {
        let head = feed.ring(self.log).and_then(palisade_sync::ring::Ring::head);
        let sender = self.cursor.lock();
        let (sent, acked) = (sender.sent(), sender.caught_up());
        let state = match head {
            None => LinkState::Connected,
            Some(head) if sender.synced(head) => LinkState::Synced,
            Some(_) if sender.is_sending() => LinkState::Syncing,
            Some(_) => LinkState::OutOfSync,
        };
        drop(sender);
        let errors = lock(&self.errors).clone();
        LogProgress { log: self.log, sent: sent.revision, acked, state, errors }
    }
}

/// Counts somebody among those who wait for a sign of life, until it is dropped.
struct Asking<'a>(&'a AtomicUsize);

impl<'a> Asking<'a> {
    fn of(probes: &'a AtomicUsize) -> Self {
        probes.fetch_add(1, Ordering::AcqRel);
        Self(probes)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
