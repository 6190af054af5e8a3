//! The way to the primary for the rest of the agent.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use bytes::{Bytes, BytesMut};
use palisade_api::clock::SharedClock;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::{FetchReportRequest, VulndbOffer};
use palisade_api::{ClusterName, Code};
use palisade_controller::federation::{
    Federation, FederationError, JoinWish, Membership, Pending, Standing,
};
use palisade_policy::cluster::ClusterLabels;
use palisade_transport::client::{ConnectError, PrimaryAddress, PrimaryConnection, ProxyAddress};
use palisade_transport::identity::{IdentityError, MemberIdentity};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use super::farewell;
use crate::enrol::{self, Applicant, Credential, EnrolError, RestAddress};

/// A report is refused beyond this size, compressed and not.
const MOST_REPORT_BYTES: usize = 64 << 20;
/// How long a report may take.
const REPORT: Duration = Duration::from_mins(1);
/// How long a cluster that left may take to be standalone.
const LEAVING: Duration = Duration::from_secs(30);

/// What this agent is to its primary, whichever that is.
#[derive(Clone, Debug)]
pub struct OwnPart {
    /// Where the identity is stored.
    pub data_dir: PathBuf,
    /// Names of the agent's roles.
    pub roles: Vec<String>,
    /// The labels that the cluster joins with.
    pub labels: ClusterLabels,
    /// What tells this cluster from others.
    pub cluster_uid: String,
    /// The proxy by which the primary is reached.
    pub proxy: Option<ProxyAddress>,
    /// The present time.
    pub clock: SharedClock,
}

impl OwnPart {
    /// This agent as one that joins under `name`.
    pub fn applicant(&self, name: ClusterName, rest: RestAddress) -> Applicant {
        Applicant {
            name,
            rest,
            roles: self.roles.clone(),
            labels: self.labels.clone(),
            cluster_uid: self.cluster_uid.clone(),
            proxy: self.proxy.clone(),
        }
    }
}

/// The membership and the connection, as they are now.
#[derive(Debug)]
pub struct LinkHandle {
    own: OwnPart,
    rest: ArcSwap<RestAddress>,
    identity: watch::Sender<Option<Arc<MemberIdentity>>>,
    connection: ArcSwapOption<PrimaryConnection>,
    standing: Mutex<Standing>,
    /// Why there is no link; none while there is one.
    no_link_because: ArcSwapOption<String>,
    /// Whether something came by the present link that is not stored yet.
    behind: ArcSwap<AtomicBool>,
    vulndb_offer: watch::Sender<Option<VulndbOffer>>,
    /// Of the present membership; a new one with the next.
    left: ArcSwap<CancellationToken>,
    /// Notified when a farewell was put off.
    farewell: Notify,
    /// This cluster leaves: that the primary removes it is by its own will.
    leaving: AtomicBool,
    /// Held while this cluster joins or leaves.
    changing: tokio::sync::Mutex<()>,
}

impl LinkHandle {
    /// The handle of a cluster with `identity`, or of a standalone one.
    pub fn new(own: OwnPart, rest: RestAddress, identity: Option<MemberIdentity>) -> Self {
        Self {
            own,
            rest: ArcSwap::from_pointee(rest),
            identity: watch::channel(identity.map(Arc::new)).0,
            connection: ArcSwapOption::empty(),
            standing: Mutex::default(),
            no_link_because: ArcSwapOption::empty(),
            behind: ArcSwap::default(),
            vulndb_offer: watch::channel(None).0,
            left: ArcSwap::default(),
            farewell: Notify::new(),
            leaving: AtomicBool::new(false),
            changing: tokio::sync::Mutex::new(()),
        }
    }

    /// Whose member this cluster is.
    pub fn identity(&self) -> Option<Arc<MemberIdentity>> {
        self.identity.borrow().clone()
    }

    /// Waits until this cluster is a member.
    pub(super) async fn is_member(&self) {
        // The sender is this handle: it does not go away meanwhile.
        drop(self.identity.subscribe().wait_for(Option::is_some).await);
    }

    /// How the link stands.
    pub fn standing(&self) -> Standing {
        match *self.lock_standing() {
            Standing::Connected if self.behind.load().load(Ordering::Acquire) => Standing::Syncing,
            standing => standing,
        }
    }

    fn lock_standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How this cluster's REST API is reached.
    pub fn rest(&self) -> Arc<RestAddress> {
        self.rest.load_full()
    }

    /// The proxy by which the primary is reached.
    pub(super) fn proxy(&self) -> Option<&ProxyAddress> {
        self.own.proxy.as_ref()
    }

    /// The present time.
    pub(super) fn clock(&self) -> &SharedClock {
        &self.own.clock
    }

    /// Where the identity is stored.
    pub(super) fn data_dir(&self) -> &Path {
        &self.own.data_dir
    }

    /// The channel of the present connection, for what is opened beside the
    /// link.
    pub fn channel(&self) -> Option<Channel> {
        self.connection.load().as_ref().map(|connection| connection.channel())
    }

    /// The vulnerability database that the primary has, as it tells: anew
    /// with each link.
    pub fn vulndb_offers(&self) -> watch::Receiver<Option<VulndbOffer>> {
        self.vulndb_offer.subscribe()
    }

    pub(super) fn vulndb_offered(&self, offer: VulndbOffer) {
        self.vulndb_offer.send_replace(Some(offer));
    }

    /// Cancelled when this cluster has left by its own will.
    pub(super) fn left(&self) -> CancellationToken {
        CancellationToken::clone(&self.left.load())
    }

    /// Whether this cluster leaves by its own will.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// Notified when this cluster left and could not say so.
    pub(super) fn farewell_put_off(&self) -> &Notify {
        &self.farewell
    }

    /// What tells whether something came that is not stored yet.
    pub(super) fn receives(&self, behind: Arc<AtomicBool>) {
        self.behind.store(behind);
    }

    pub(super) fn dialled(&self, connection: PrimaryConnection) {
        self.connection.store(Some(Arc::new(connection)));
    }

    pub(super) fn welcomed(&self, pending: bool) {
        *self.lock_standing() = if pending { Standing::Pending } else { Standing::Connected };
        self.no_link_because.store(None);
        metrics::gauge!("palisade_agent_link_connected").set(1.0);
    }

    pub(super) fn disconnected(&self, standing: Standing, why: Option<&str>) {
        *self.lock_standing() = standing;
        self.no_link_because.store(why.map(|why| Arc::new(why.to_owned())));
        self.connection.store(None);
        metrics::gauge!("palisade_agent_link_connected").set(0.0);
    }

    /// Stores another form of the identity (with a new certificate, or another
    /// address); the next connection uses it.
    pub(super) fn replace_identity(&self, identity: MemberIdentity) -> Result<(), IdentityError> {
        identity.store(&self.own.data_dir)?;
        self.identity.send_replace(Some(Arc::new(identity)));
        Ok(())
    }

    pub(super) fn forget(&self) {
        self.identity.send_replace(None);
    }

    async fn leave_now(&self, force: bool) -> Result<(), FederationError> {
        let _one_at_a_time = self.changing.try_lock().map_err(|_| busy())?;
        let Some(identity) = self.identity() else {
            return Err(error(Code::OpNotAllowed, "this cluster is not in a federation"));
        };
        self.leaving.store(true, Ordering::Release);
        let told = match self.connection.load_full() {
            Some(connection) => enrol::leave(&connection, false).await.map_err(|e| e.to_string()),
            None => Err("the primary is out of reach".to_owned()),
        };
        match told {
            Err(text) if !force => {
                self.leaving.store(false, Ordering::Release);
                let text = format!("{text}; leave with force to do without the primary");
                return Err(error(Code::FedOperationFailed, &text));
            }
            Err(_) => {
                farewell::put_off(&identity, &self.own.data_dir)
                    .map_err(|e| error(Code::ServerError, &e.to_string()))?;
                self.farewell.notify_one();
            }
            Ok(()) => {}
        }
        self.left.load().cancel();
        let mut standalone = self.identity.subscribe();
        let waiting = standalone.wait_for(Option::is_none);
        match tokio::time::timeout(LEAVING, waiting).await {
            Ok(_) => Ok(()),
            Err(_) => Err(error(Code::ServerError, "this cluster takes too long to leave")),
        }
    }

    async fn join_now(
        &self,
        wish: JoinWish,
        name: ClusterName,
    ) -> Result<Membership, FederationError> {
        let _one_at_a_time = self.changing.try_lock().map_err(|_| busy())?;
        if self.identity().is_some() {
            return Err(error(Code::OpNotAllowed, "this cluster is in a federation already"));
        }
        let whole = wish.server.clone().zip(wish.port);
        let address = whole.map(|(host, port)| PrimaryAddress { host, port });
        let credential = Credential::read(&wish.token, address)
            .map_err(|e| refusal(&e))?
            .reached_by(wish.server, wish.port);
        if let Some((server, port)) = wish.rest {
            self.set_rest_address(server, port);
        }
        let rest = RestAddress::clone(&self.rest.load());
        let applicant = self.own.applicant(wish.name.unwrap_or(name), rest);
        let joined = enrol::join_once(&credential, &applicant, &self.own.clock)
            .await
            .map_err(|e| refusal(&e))?;
        self.left.store(Arc::default());
        self.leaving.store(false, Ordering::Release);
        // The primary has just answered; the link says how it stands from now on.
        *self.lock_standing() = Standing::Connected;
        self.no_link_because.store(None);
        self.replace_identity(joined.identity)
            .map_err(|e| error(Code::ServerError, &e.to_string()))?;
        self.membership()
            .ok_or_else(|| error(Code::ServerError, "the membership ended while it began"))
    }

    async fn fetch_report(&self, image_digest: &str) -> Result<Bytes, FederationError> {
        let connection = self
            .connection
            .load_full()
            .ok_or_else(|| error(Code::RemoteRequestFail, "the primary is out of reach"))?;
        let request = FetchReportRequest { image_digest: image_digest.to_owned() };
        let failed = |status: &tonic::Status| {
            error(enrol::code_of(status).unwrap_or(Code::RemoteRequestFail), status.message())
        };
        let mut parts = LinkClient::new(connection.channel())
            .fetch_report(request)
            .await
            .map_err(|status| failed(&status))?
            .into_inner();
        let mut compressed = BytesMut::new();
        while let Some(part) = parts.message().await.map_err(|status| failed(&status))? {
            compressed.extend_from_slice(&part.chunk);
            if compressed.len() > MOST_REPORT_BYTES {
                return Err(error(Code::RemoteRequestFail, "the report is too large"));
            }
        }
        tokio::task::spawn_blocking(move || decompress(&compressed))
            .await
            .map_err(|_| error(Code::ServerError, "the report could not be read"))?
    }
}

pub(super) fn decompress(compressed: &[u8]) -> Result<Bytes, FederationError> {
    use std::io::Read as _;
    let broken = |_| error(Code::RemoteRequestFail, "the report is damaged");
    let mut report = Vec::new();
    zstd::Decoder::new(compressed)
        .map_err(broken)?
        .take(MOST_REPORT_BYTES as u64 + 1)
        .read_to_end(&mut report)
        .map_err(broken)?;
    if report.len() > MOST_REPORT_BYTES {
        return Err(error(Code::RemoteRequestFail, "the report is too large"));
    }
    Ok(report.into())
}

fn error(code: Code, text: &str) -> FederationError {
    FederationError { code, text: text.to_owned(), of_token: false }
}

fn busy() -> FederationError {
    error(Code::FailLockCluster, "this cluster joins or leaves a federation already")
}

/// Why this cluster cannot join, with the code to answer.
fn refusal(cause: &EnrolError) -> FederationError {
    let (code, of_token) = match cause {
        EnrolError::Refused { code, of_token, .. } => {
            (code.unwrap_or(Code::FedOperationFailed), *of_token)
        }
        EnrolError::Token(_) => (Code::FedOperationFailed, true),
        _ => (Code::FedOperationFailed, false),
    };
    let mut text = cause.to_string();
    if matches!(
        cause,
        EnrolError::Connect(
            ConnectError::Unreachable { .. }
                | ConnectError::Timeout { .. }
                | ConnectError::AnotherAuthority { .. }
        )
    ) {
        text.push_str(
            ". Check that this is where the primary listens for clusters (its port is 11443 unless \
             it is told otherwise, not that of REST or the portal), and that connections from here \
             to there are let through",
        );
    }
    FederationError { code, text, of_token }
}

impl Federation for LinkHandle {
    fn membership(&self) -> Option<Membership> {
        let identity = self.identity()?;
        let member = identity.membership();
        Some(Membership {
            cluster_id: member.cluster_id,
            name: member.name.clone(),
            home: member.home,
            primary_id: member.primary_id,
            primary_name: member.primary_name.clone(),
            primary_address: member.primary_address.clone(),
            standing: self.standing(),
            no_link_because: self.no_link_because.load().as_deref().cloned(),
            by_proxy: self.own.proxy.is_some(),
        })
    }

    fn rest_address(&self) -> (String, u16) {
        let rest = self.rest.load();
        (rest.server.clone(), rest.port)
    }

    fn set_rest_address(&self, server: String, port: u16) {
        self.rest.store(Arc::new(RestAddress { server, port }));
    }

    fn has_proxy(&self) -> bool {
        self.own.proxy.is_some()
    }

    fn join(&self, wish: JoinWish, name: ClusterName) -> Pending<'_, Membership> {
        Box::pin(self.join_now(wish, name))
    }

    fn leave(&self, force: bool) -> Pending<'_, ()> {
        Box::pin(self.leave_now(force))
    }

    fn report<'a>(&'a self, image_digest: &'a str) -> Pending<'a, Bytes> {
        Box::pin(async move {
            tokio::time::timeout(REPORT, self.fetch_report(image_digest))
                .await
                .unwrap_or_else(|_| Err(error(Code::RemoteRequestFail, "the primary is too slow")))
        })
    }
}
