//! The connection to one other replica.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use palisade_api::replica::replica_client::ReplicaClient;
use palisade_api::replica::{
    Claim, ClaimLinksRequest, DeployRequest, ListLinksRequest, ListLinksResponse,
    RegistryTestRequest,
};
use palisade_api::{CODE_METADATA, ClusterId, ReplicaId};
use palisade_transport::client::{ConnectError, PrimaryAddress, PrimaryConnection, Trust, connect};
use thiserror::Error;
use tokio::time::{Instant, timeout};
use tonic::transport::Channel;
use tonic::{Response, Status};
use uuid::Uuid;

use super::{LIVES, Replicas, wire};
use crate::federation::FederationError;
use crate::federation::link_registry::Deployed;
use crate::federation::link_status::LinkStatus;
use crate::federation::lock;
use crate::registry::probe::Progress;
use crate::store::replica::ReplicaRow;

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(3);
/// How long the probe of links may take.
const PROBE: Duration = Duration::from_secs(10);
/// A certificate is made for each connection, and judged when that begins.
const CERTIFICATE_LIFETIME: TimeDelta = TimeDelta::hours(1);
/// The links of ten thousand members are some two megabytes.
const MOST_BYTES: usize = 64 << 20;

/// Why another replica gives no answer.
#[derive(Debug, Error)]
pub enum PeerError {
    /// Its address is none.
    #[error("{0:?} is not the address of a replica")]
    Address(String),
    /// The certificate for the connection cannot be made.
    #[error(transparent)]
    Certificate(#[from] FederationError),
    /// It cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It does not answer in time.
    #[error("the replica does not answer")]
    Silent,
    /// It refuses, or the connection broke.
    #[error("the replica answers: {}", .0.message())]
    Status(Box<Status>),
}

/// One other replica.
#[derive(Debug)]
pub(super) struct Peer {
    row: ReplicaRow,
    connection: tokio::sync::Mutex<Connection>,
    /// What it said of its links last.
    last: Mutex<Option<(Instant, Links)>>,
}

type Links = Arc<Vec<(ClusterId, LinkStatus)>>;

#[derive(Debug, Default)]
struct Connection {
    /// Grows with each connection, so that who finds one broken does not close
    /// the next.
    number: u64,
    open: Option<PrimaryConnection>,
}

/// A client, and the number of its connection, for [`Peer::lost`].
pub(super) struct Client {
    pub(super) client: ReplicaClient<Channel>,
    pub(super) number: u64,
}

impl Peer {
    pub(super) fn new(row: ReplicaRow) -> Self {
        Self { row, connection: tokio::sync::Mutex::default(), last: Mutex::default() }
    }

    pub(super) fn is(&self, row: &ReplicaRow) -> bool {
        self.row == *row
    }

    pub(super) fn id(&self) -> ReplicaId {
        self.row.id
    }

    pub(super) fn version(&self) -> &str {
        &self.row.version
    }

    /// A client on the open connection, or on a new one.
    pub(super) async fn client(&self, replicas: &Replicas) -> Result<Client, PeerError> {
        let mut connection = self.connection.lock().await;
        let open = if let Some(open) = &connection.open {
            open.clone()
        } else {
            let open =
                timeout(CONNECT, self.connect(replicas)).await.map_err(|_| PeerError::Silent)??;
            connection.number += 1;
            connection.open = Some(open.clone());
            open
        };
        let client = ReplicaClient::new(open.channel()).max_decoding_message_size(MOST_BYTES);
        Ok(Client { client, number: connection.number })
    }

    async fn connect(&self, replicas: &Replicas) -> Result<PrimaryConnection, PeerError> {
        let address: PrimaryAddress =
            self.row.address.parse().map_err(|_| PeerError::Address(self.row.address.clone()))?;
        let now = replicas.clock.now();
        let own = replicas.trust.issue_replica(replicas.id, now, CERTIFICATE_LIFETIME)?;
        let authorities = replicas.trust.authorities().certificates();
        let trust = Trust::Replica(&authorities, &own);
        Ok(connect(&address, trust).await?)
    }

    /// Judges a failed call: whether it was the connection that failed, which
    /// the next call then opens anew.
    pub(super) async fn lost(&self, number: u64, status: &Status) -> bool {
        // What the other side itself says carries a code.
        if status.metadata().contains_key(CODE_METADATA) {
            return false;
        }
        let mut connection = self.connection.lock().await;
        if connection.number == number {
            connection.open = None;
        }
        true
    }

    /// Its links. Where it is only slow, what it said last.
    pub(super) async fn links(&self, replicas: &Replicas) -> Links {
        let asked = self.ask(replicas, ANSWER, |mut client| async move {
            client.list_links(ListLinksRequest {}).await
        });
        match asked.await {
            Ok(ListLinksResponse { links }) => {
                let links: Links = Arc::new(links.into_iter().filter_map(wire::link).collect());
                *lock(&self.last) = Some((Instant::now(), Arc::clone(&links)));
                links
            }
            Err(error) => {
                tracing::warn!(replica = %self.row.id, address = self.row.address, %error,
                    "cannot ask another replica for its links");
                let last = lock(&self.last).clone();
                let slow = matches!(error, PeerError::Silent);
                last.filter(|(at, _)| slow && at.elapsed() < LIVES)
                    .map(|(_, links)| links)
                    .unwrap_or_default()
            }
        }
    }

    /// Deploys to those of `clusters` that are linked to it.
    pub(super) async fn deploy(
        &self,
        replicas: &Replicas,
        clusters: &[ClusterId],
        force: bool,
    ) -> Vec<(ClusterId, Deployed)> {
        let request = DeployRequest { cluster_ids: wire::ids(clusters), force };
        let asked = self.ask(replicas, ANSWER, |mut client| {
            let request = request.clone();
            async move { client.deploy(request).await }
        });
        match asked.await {
            Ok(answer) => wire::deployed(&answer),
            Err(error) => {
                tracing::warn!(replica = %self.row.id, %error, "cannot deploy by another replica");
                Vec::new()
            }
        }
    }

    /// How the test `id` of a registry goes on, or that it was stopped; none where
    /// it does not run there.
    pub(super) async fn registry_test(
        &self,
        replicas: &Replicas,
        id: Uuid,
        stop: bool,
    ) -> Option<Progress> {
        let request = RegistryTestRequest { id: Bytes::copy_from_slice(id.as_bytes()) };
        let asked = self.ask(replicas, ANSWER, |mut client| {
            let request = request.clone();
            async move {
                if stop {
                    client.stop_registry_test(request).await
                } else {
                    client.poll_registry_test(request).await
                }
            }
        });
        match asked.await {
            Ok(told) => wire::progress(told),
            Err(error) => {
                tracing::warn!(replica = %self.row.id, %error, "cannot ask for a registry's test");
                None
            }
        }
    }

    /// Those of the claimed members whose older link to it lives.
    pub(super) async fn claim(
        &self,
        replicas: &Replicas,
        claims: &[Claim],
    ) -> Result<Vec<ClusterId>, PeerError> {
        let request = ClaimLinksRequest { claims: claims.to_vec() };
        let answer = self.ask(replicas, PROBE, |mut client| {
            let request = request.clone();
            async move { client.claim_links(request).await }
        });
        Ok(wire::clusters(&answer.await?.cluster_ids))
    }

    /// Asks once more where the connection had been closed meanwhile.
    async fn ask<T, F>(
        &self,
        replicas: &Replicas,
        limit: Duration,
        call: impl Fn(ReplicaClient<Channel>) -> F,
    ) -> Result<T, PeerError>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let mut again = true;
        loop {
            let Client { client, number } = self.client(replicas).await?;
            let answer = timeout(limit, call(client)).await.map_err(|_| PeerError::Silent)?;
            match answer {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) if self.lost(number, &status).await && again => again = false,
                Err(status) => return Err(PeerError::Status(Box::new(status))),
            }
        }
    }
}
