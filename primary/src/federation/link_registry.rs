//! The members that are connected to this replica.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use palisade_api::ClusterId;
use palisade_api::federation::{Bye, bye, down};
use palisade_api::kind::LogId;

use super::allowance::{Allowance, Allowances};
use super::fanout::FederationFeed;
use super::link_status::LinkStatus;
use super::lock;
use super::member_link::MemberLink;

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

/// What a deployment to a connected member comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployed {
    /// It is sent what it lacks.
    All,
    /// It takes none of the logs that there are.
    Nothing,
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
