//! The members that are connected to this replica, and what is known of them:
//! all in memory, so that neither an acknowledgement nor a call is a row.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use palisade_api::encoded::EncodedDown;
use palisade_api::federation::{Bye, Down, VulndbHeld, bye, down};
use palisade_api::kind::LogId;
use palisade_api::{ClusterId, Revision};
use palisade_sync::feed::Cursor;
use palisade_sync::{ObjectError, Position};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::allowance::{Allowance, Allowances};
use super::fanout::FederationFeed;
use super::forwarding::{MAX_CALLS, MAX_WAITING, PendingCall};

/// Messages that wait in the control lane of one link.
pub const CONTROL_LANE: usize = 32;

/// The members that are connected to this replica.
#[derive(Debug)]
pub struct LinkRegistry {
    feed: Arc<FederationFeed>,
    links: RwLock<HashMap<ClusterId, Arc<MemberLink>>>,
    /// Ended links that may have something unwritten, until they are taken.
    gone: Mutex<HashMap<ClusterId, Arc<MemberLink>>>,
    allowances: Allowances,
    /// Members whose links the other replicas have not been told of.
    entered: Mutex<HashSet<ClusterId>>,
}

/// How a connected member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It has not yet said, or been sent, what it holds.
    Connected,
    /// It holds exactly what the primary holds.
    Synced,
    /// It is behind, or holds something else.
    OutOfSync,
    /// It is being sent what it lacks.
    Syncing,
    /// It is asked whether it still listens, and has not answered yet.
    Pinging,
}

/// What a deployment to a connected member comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployed {
    /// It is sent what it lacks.
    All,
    /// It takes none of the logs that there are.
    Nothing,
}

/// A connected member.
#[derive(Clone, Debug)]
pub struct LinkStatus {
    /// How it stands, over all logs.
    pub state: LinkState,
    /// Since when it is connected.
    pub connected_at: DateTime<Utc>,
    /// The version of its agent.
    pub version: String,
    /// The roles that its agent runs.
    pub roles: Vec<String>,
    /// How far it is in each log.
    pub logs: Vec<LogProgress>,
    /// What it scans with; none where it does not scan, or has nothing yet.
    pub vulndb: Option<VulndbInUse>,
}

/// The vulnerability database that a member scans with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VulndbInUse {
    /// Its version.
    pub version: String,
    /// The date of its newest record.
    pub built_at: DateTime<Utc>,
}

impl From<VulndbHeld> for VulndbInUse {
    fn from(held: VulndbHeld) -> Self {
        Self {
            version: held.version.chars().take(64).collect(),
            built_at: DateTime::from_timestamp(held.built_at, 0).unwrap_or_default(),
        }
    }
}

/// How far a connected member is in one log.
#[derive(Clone, Debug)]
pub struct LogProgress {
    /// The log.
    pub log: LogId,
    /// The newest revision that was sent.
    pub sent: Revision,
    /// The revision up to which it says to hold all that concerns it.
    pub acked: Revision,
    /// How it stands in this log.
    pub state: LinkState,
    /// Objects that it holds and could not put in force.
    pub errors: Vec<ObjectError>,
}

/// What is known of one link.
#[derive(Debug)]
pub struct MemberLink {
    /// The member.
    pub cluster: ClusterId,
    /// Since when it is connected.
    pub connected_at: DateTime<Utc>,
    /// Serial number of the certificate that it came with.
    serial: String,
    /// The version of its agent.
    pub version: String,
    /// The roles that its agent runs.
    pub roles: Vec<String>,
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
    logs: Vec<LinkLog>,
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
struct LinkLog {
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
        if outcome == palisade_sync::sender::Acknowledged::Stale {
            return;
        }
        if outcome == palisade_sync::sender::Acknowledged::Differs {
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
    pub(crate) async fn probe(&self, limit: std::time::Duration) -> bool {
        let before = self.heard.load(Ordering::Acquire);
        let heard = self.ponged.notified();
        tokio::pin!(heard);
        heard.as_mut().enable();
        let nonce = before.wrapping_add(1);
        let _asking = Asking::of(&self.probes);
        self.try_send(down::Body::Probe(palisade_api::federation::Pong { nonce }));
        tokio::select! {
            () = heard => true,
            () = tokio::time::sleep(limit) => self.heard.load(Ordering::Acquire) != before,
            () = self.stop.cancelled() => false,
        }
    }

    /// The acknowledged positions, if there are any that were not taken before.
    pub(crate) fn take_unwritten(&self) -> Option<Vec<palisade_api::sync::Position>> {
        self.unwritten
            .swap(false, Ordering::AcqRel)
            .then(|| self.logs.iter().map(|l| l.cursor.lock().acked().to_wire(l.log)).collect())
    }

    /// The objects of the federation log that the member could not put in force.
    pub(crate) fn errors(&self) -> Vec<palisade_api::sync::ObjectError> {
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

    fn status(&self, feed: &FederationFeed) -> LinkStatus {
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

impl LinkRegistry {
    /// No links yet.
    pub fn new(feed: Arc<FederationFeed>) -> Arc<Self> {
        Arc::new(Self {
            feed,
            links: RwLock::default(),
            gone: Mutex::default(),
            allowances: Allowances::default(),
            entered: Mutex::default(),
        })
    }

    /// The feed that the links are sent.
    pub fn feed(&self) -> &Arc<FederationFeed> {
        &self.feed
    }

    /// The link of a member, if it is connected to this replica.
    pub fn get(&self, cluster: ClusterId) -> Option<Arc<MemberLink>> {
        self.read().get(&cluster).cloned()
    }

    /// All links.
    pub fn all(&self) -> Vec<Arc<MemberLink>> {
        self.read().values().cloned().collect()
    }

    /// How many members are connected.
    pub fn connected(&self) -> usize {
        self.read().len()
    }

    /// How a member stands; none when it is not connected to this replica.
    pub fn status(&self, cluster: ClusterId) -> Option<LinkStatus> {
        self.get(cluster).map(|link| link.status(&self.feed))
    }

    /// What a member may send.
    pub fn allowance(&self, cluster: ClusterId) -> Arc<Allowance> {
        self.allowances.of(cluster)
    }

    /// Deploys to a member that is connected to this replica, and to others not;
    /// with `force` it is sent everything again.
    pub fn deploy(&self, cluster: ClusterId, force: bool) -> Option<Deployed> {
        let link = self.get(cluster)?;
        if link.logs.is_empty() {
            return Some(Deployed::Nothing);
        }
        if force {
            for log in LogId::ALL {
                link.resync(log);
            }
        }
        Some(Deployed::All)
    }

    /// Enters a link; false when the member has another one.
    pub(crate) fn enter(&self, link: &Arc<MemberLink>) -> bool {
        let mut links = self.links.write().unwrap_or_else(PoisonError::into_inner);
        if links.contains_key(&link.cluster) {
            return false;
        }
        links.insert(link.cluster, Arc::clone(link));
        lock(&self.entered).insert(link.cluster);
        metrics::gauge!("palisade_links_connected").set(links.len() as f64);
        true
    }

    /// Removes a link, unless another one has taken its place.
    pub(crate) fn leave(&self, link: &Arc<MemberLink>) {
        let mut links = self.links.write().unwrap_or_else(PoisonError::into_inner);
        if links.get(&link.cluster).is_some_and(|entered| Arc::ptr_eq(entered, link)) {
            links.remove(&link.cluster);
            self.keep_gone(Arc::clone(link));
        }
        metrics::gauge!("palisade_links_connected").set(links.len() as f64);
    }

    /// The links that ended and whose last acknowledgements may be unwritten,
    /// of members that have not come back.
    pub(crate) fn take_gone(&self) -> Vec<Arc<MemberLink>> {
        let gone = std::mem::take(&mut *lock(&self.gone)).into_values();
        gone.filter(|link| self.get(link.cluster).is_none()).collect()
    }

    /// The links that were entered since the last time, and live.
    pub(super) fn take_entered(&self) -> Vec<Arc<MemberLink>> {
        let entered = std::mem::take(&mut *lock(&self.entered));
        entered.into_iter().filter_map(|cluster| self.get(cluster)).collect()
    }

    /// How all members stand that are connected to this replica.
    pub fn statuses(&self) -> Vec<(ClusterId, LinkStatus)> {
        self.all().into_iter().map(|link| (link.cluster, link.status(&self.feed))).collect()
    }

    /// Puts back what could not be written; one link a member is enough.
    pub(crate) fn keep_gone(&self, link: Arc<MemberLink>) {
        lock(&self.gone).insert(link.cluster, link);
    }

    /// Tells former members that they are members no more, and disconnects
    /// them. Call it once their certificates are refused.
    pub fn dismiss(&self, clusters: &[ClusterId], reason: bye::Reason) {
        for link in clusters.iter().filter_map(|cluster| self.get(*cluster)) {
            link.end(Bye {
                reason: reason.into(),
                text: "this cluster was removed from the federation".to_owned(),
                retry_after_ms: 0,
                ..Bye::default()
            });
        }
    }

    /// Disconnects those who came with certificates that were revoked since.
    pub(crate) fn part_with_revoked(&self, serials: &[String]) {
        let serials: HashSet<&str> = serials.iter().map(String::as_str).collect();
        for link in self.all().into_iter().filter(|link| serials.contains(&*link.serial)) {
            link.end(Bye {
                reason: bye::Reason::Removed.into(),
                text: "the certificate was revoked".to_owned(),
                retry_after_ms: 0,
                ..Bye::default()
            });
        }
    }

    /// Tells all members of this replica something. One whose control lane is full
    /// connects anew, and is told then.
    pub fn tell_all(&self, body: &down::Body) {
        for link in self.all() {
            if !link.try_send(body.clone()) {
                self.welcome_anew(link.cluster);
            }
        }
    }

    /// Ends the link of a member so that it connects anew, and is told and sent
    /// what it is due now.
    pub fn welcome_anew(&self, cluster: ClusterId) {
        if let Some(link) = self.get(cluster) {
            link.end(Bye {
                reason: bye::Reason::Shutdown.into(),
                text: "there is news for this cluster: it connects anew".to_owned(),
                retry_after_ms: 0,
                ..Bye::default()
            });
        }
    }

    /// Tells all members that this replica stops, and when to come back: spread
    /// so that another replica sees at most 500 of them a second.
    pub(crate) fn close(&self, mut random: impl FnMut() -> f64) {
        let links = self.all();
        let spread_ms = (links.len() as f64) * 1_000.0 / 500.0;
        for link in links {
            link.end(Bye {
                reason: bye::Reason::Shutdown.into(),
                text: "the primary stops".to_owned(),
                retry_after_ms: (random() * spread_ms) as u32,
                ..Bye::default()
            });
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<ClusterId, Arc<MemberLink>>> {
        self.links.read().unwrap_or_else(PoisonError::into_inner)
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

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
