//! The other replicas of this primary: who they are, and what they are asked.
//! Each has the links of some members; together they have them all.
//!
//! [`Replicas`] knows the others by rows in the database, [`peer`] is the
//! connection to one of them, [`forward`] calls members through them, and
//! [`claim`] sees to it that a member has one link among them all.

mod claim;
mod forward;
mod peer;
mod wire;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use axum::body::Body;
use futures_util::future::join_all;
use http::{Request, Response};
use palisade_api::clock::SharedClock;
use palisade_api::federation::Caller;
use palisade_api::{ClusterId, ReplicaId};
use uuid::Uuid;

use super::forwarding::{self, ForwardError};
use super::link_registry::{Deployed, LinkRegistry};
use super::link_status::LinkStatus;
use super::lock;
use super::{Trust, address};
use crate::App;
use crate::registry::probe::Progress;
use crate::store::replica::{self, ReplicaRow};
use crate::store::{Database, StoreError};
use peer::Peer;

pub(crate) use claim::answer as answer_claims;
pub use peer::PeerError;
pub(crate) use wire::{deployed_to_wire, forward_status, link_to_wire, progress_to_wire};

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How often a replica says that it lives.
const BEAT: Duration = Duration::from_secs(2);
/// After this time without a word a replica counts as gone.
const LIVES: Duration = Duration::from_secs(8);
/// After this time its row is deleted.
const FORGOTTEN: Duration = Duration::from_mins(1);
/// Members whose replica is remembered.
const MOST_REMEMBERED: usize = 16_384;

/// The other replicas of this primary.
#[derive(Debug)]
pub struct Replicas {
    id: ReplicaId,
    database: Database,
    trust: Arc<Trust>,
    clock: SharedClock,
    peers: RwLock<Vec<Arc<Peer>>>,
    /// Where members were found last: a guess that saves asking the others.
    found: Mutex<HashMap<ClusterId, ReplicaId>>,
}

impl Replicas {
    /// Knows of no others yet.
    pub fn new(database: Database, trust: Arc<Trust>, clock: SharedClock) -> Arc<Self> {
        Arc::new(Self {
            id: ReplicaId::from_uuid(Uuid::new_v4()),
            database,
            trust,
            clock,
            peers: RwLock::default(),
            found: Mutex::default(),
        })
    }

    /// Reads who lives now.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut conn = self.database.acquire().await?;
        let rows = replica::others(&mut conn, self.id, LIVES).await?;
        drop(conn);
        let mut peers = self.peers.write().unwrap_or_else(PoisonError::into_inner);
        let known = |row: &ReplicaRow| peers.iter().find(|peer| peer.is(row)).cloned();
        let next: Vec<_> = rows
            .into_iter()
            .map(|row| known(&row).unwrap_or_else(|| Arc::new(Peer::new(row))))
            .collect();
        metrics::gauge!("palisade_replicas").set((next.len() + 1) as f64);
        *peers = next;
        Ok(())
    }

    /// The links of all others, as they are now.
    pub async fn links(&self) -> HashMap<ClusterId, LinkStatus> {
        self.refresh_or_warn().await;
        let peers = self.peers();
        let asked = join_all(peers.iter().map(|peer| peer.links(self))).await;
        let mut links: HashMap<ClusterId, LinkStatus> = HashMap::new();
        for (cluster, status) in asked.iter().flat_map(|links| links.iter()) {
            let newer =
                links.get(cluster).is_none_or(|other| other.connected_at < status.connected_at);
            if newer {
                links.insert(*cluster, status.clone());
            }
        }
        links
    }

    /// Deploys to those of `clusters` that are linked to others; with `force` they
    /// are sent everything again.
    pub async fn deploy(
        &self,
        clusters: &[ClusterId],
        force: bool,
    ) -> HashMap<ClusterId, Deployed> {
        self.refresh_or_warn().await;
        let peers = self.peers();
        let asked = join_all(peers.iter().map(|peer| peer.deploy(self, clusters, force))).await;
        asked.into_iter().flatten().collect()
    }

    /// Whether a member has a link to another replica that lives; those that do not
    /// are parted with. All replicas have to say so: one that does not answer may
    /// have the link.
    pub async fn lives_elsewhere(&self, cluster: ClusterId) -> Result<bool, PeerError> {
        self.refresh_or_warn().await;
        let peers = self.peers();
        let claim = [claim::of_any_link(cluster)];
        let asked = join_all(peers.iter().map(|peer| peer.claim(self, &claim))).await;
        let mut lives = false;
        for living in asked {
            lives |= !living?.is_empty();
        }
        Ok(lives)
    }

    /// Whether the replicas are being upgraded one by one.
    pub fn upgrade_ongoing(&self) -> bool {
        self.peers().iter().any(|peer| peer.version() != VERSION)
    }

    /// How the test `id` of a registry goes on that another replica runs.
    pub async fn poll_registry_test(&self, id: Uuid) -> Option<Progress> {
        for peer in self.peers() {
            if let Some(progress) = peer.registry_test(self, id, false).await {
                return Some(progress);
            }
        }
        None
    }

    /// Stops the test `id` of a registry that another replica runs; says whether
    /// one does.
    pub async fn stop_registry_test(&self, id: Uuid) -> bool {
        let peers = self.peers();
        let asked = join_all(peers.iter().map(|peer| peer.registry_test(self, id, true))).await;
        asked.into_iter().any(|progress| progress.is_some())
    }

    /// Calls `cluster`, wherever it is linked. As [`forwarding::call`].
    pub async fn call(
        &self,
        links: &LinkRegistry,
        cluster: ClusterId,
        request: Request<Body>,
        caller: Caller,
        deadline: Duration,
    ) -> Result<Response<Body>, ForwardError> {
        if links.get(cluster).is_some() {
            return forwarding::call(links, cluster, request, caller, deadline).await;
        }
        forward::call(self, cluster, request, caller, deadline).await
    }

    fn peers(&self) -> Vec<Arc<Peer>> {
        self.peers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The others, the one that had `cluster` last first.
    fn peers_for(&self, cluster: ClusterId) -> Vec<Arc<Peer>> {
        let last = lock(&self.found).get(&cluster).copied();
        let mut peers = self.peers();
        peers.sort_by_key(|peer| Some(peer.id()) != last);
        peers
    }

    fn found_at(&self, cluster: ClusterId, replica: ReplicaId) {
        let mut found = lock(&self.found);
        if found.len() >= MOST_REMEMBERED {
            found.clear();
        }
        found.insert(cluster, replica);
    }

    /// Without the database, those who were known last are asked.
    async fn refresh_or_warn(&self) {
        if let Err(error) = self.refresh().await {
            tracing::warn!(%error, "cannot read which replicas live");
        }
    }
}

/// Tells the others that this replica lives, and where, until shutdown.
pub fn run(app: &App, listens: SocketAddr) {
    let row = ReplicaRow {
        id: app.replicas.id,
        address: address::replica_address(&app.config, listens),
        version: VERSION.to_owned(),
    };
    let stop = app.shutdown.token().clone();
    let (replicas, database) = (Arc::clone(&app.replicas), app.database.clone());
    app.shutdown.spawn("replica-heartbeat", async move {
        stop.run_until_cancelled(beat(&replicas, &database, &row)).await;
        let left = async { replica::remove(&mut *database.acquire().await?, row.id).await };
        if let Err(error) = left.await {
            tracing::warn!(%error, "the others learn by its silence that this replica stopped");
        }
    });
    claim::run(app);
}

async fn beat(replicas: &Replicas, database: &Database, row: &ReplicaRow) {
    let mut beats = tokio::time::interval(BEAT);
    beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        let said = async {
            let mut conn = database.acquire().await?;
            replica::beat(&mut conn, row).await?;
            replica::sweep(&mut conn, FORGOTTEN).await?;
            drop(conn);
            replicas.refresh().await
        };
        if let Err(error) = said.await {
            tracing::warn!(%error, "cannot tell the other replicas that this one lives");
        }
    }
}
