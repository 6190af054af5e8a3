//! The way to the primary for the rest of the agent.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::{Bytes, BytesMut};
use palisade_api::Code;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::{FetchReportRequest, VulndbOffer};
use palisade_controller::federation::{Federation, FederationError, Membership, Pending};
use palisade_transport::client::PrimaryConnection;
use palisade_transport::identity::{IdentityError, MemberIdentity};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use crate::enrol::{self, RestAddress};

/// A report is refused beyond this size, compressed and not.
const MOST_REPORT_BYTES: usize = 64 << 20;
/// How long a report may take.
const REPORT: Duration = Duration::from_mins(1);

/// The membership and the connection, as they are now.
#[derive(Debug)]
pub struct LinkHandle {
    data_dir: PathBuf,
    rest: RestAddress,
    identity: ArcSwapOption<MemberIdentity>,
    connection: ArcSwapOption<PrimaryConnection>,
    connected: AtomicBool,
    vulndb_offer: watch::Sender<Option<VulndbOffer>>,
    left: CancellationToken,
}

impl LinkHandle {
    /// The handle of a cluster with `identity`, or of a standalone one.
    pub fn new(data_dir: PathBuf, rest: RestAddress, identity: Option<MemberIdentity>) -> Self {
        Self {
            data_dir,
            rest,
            identity: ArcSwapOption::from_pointee(identity),
            connection: ArcSwapOption::empty(),
            connected: AtomicBool::new(false),
            vulndb_offer: watch::channel(None).0,
            left: CancellationToken::new(),
        }
    }

    /// Whose member this cluster is.
    pub fn identity(&self) -> Option<Arc<MemberIdentity>> {
        self.identity.load_full()
    }

    /// Whether the primary has welcomed this cluster on the present link.
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// How this cluster's REST API is reached.
    pub fn rest(&self) -> &RestAddress {
        &self.rest
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
    pub(super) fn left(&self) -> &CancellationToken {
        &self.left
    }

    pub(super) fn dialled(&self, connection: PrimaryConnection) {
        self.connection.store(Some(Arc::new(connection)));
    }

    pub(super) fn welcomed(&self) {
        self.connected.store(true, Ordering::Relaxed);
        metrics::gauge!("palisade_agent_link_connected").set(1.0);
    }

    pub(super) fn disconnected(&self) {
        self.connected.store(false, Ordering::Relaxed);
        self.connection.store(None);
        metrics::gauge!("palisade_agent_link_connected").set(0.0);
    }

    /// Stores a renewed identity; the next connection uses it.
    pub(super) fn renewed(&self, identity: MemberIdentity) -> Result<(), IdentityError> {
        identity.store(&self.data_dir)?;
        self.identity.store(Some(Arc::new(identity)));
        Ok(())
    }

    pub(super) fn forget(&self) {
        self.identity.store(None);
    }

    async fn leave_now(&self, force: bool) -> Result<(), FederationError> {
        if self.identity.load().is_none() {
            return Err(error(Code::OpNotAllowed, "this cluster is not in a federation"));
        }
        let told = match self.connection.load_full() {
            Some(connection) => enrol::leave(&connection).await.map_err(|e| e.to_string()),
            None => Err("the primary is out of reach".to_owned()),
        };
        match told {
            Err(text) if !force => {
                let text = format!("{text}; leave with force to do without the primary");
                Err(FederationError { code: Code::FedOperationFailed, text })
            }
            _ => {
                self.left.cancel();
                Ok(())
            }
        }
    }

    async fn fetch_report(&self, image_digest: &str) -> Result<Bytes, FederationError> {
        let connection = self
            .connection
            .load_full()
            .ok_or_else(|| error(Code::RemoteRequestFail, "the primary is out of reach"))?;
        let request = FetchReportRequest { image_digest: image_digest.to_owned() };
        let failed = |status: &tonic::Status| FederationError {
            code: enrol::code_of(status).unwrap_or(Code::RemoteRequestFail),
            text: status.message().to_owned(),
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

fn decompress(compressed: &[u8]) -> Result<Bytes, FederationError> {
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
    FederationError { code, text: text.to_owned() }
}

impl Federation for LinkHandle {
    fn membership(&self) -> Option<Membership> {
        let identity = self.identity.load_full()?;
        let member = identity.membership();
        Some(Membership {
            cluster_id: member.cluster_id,
            name: member.name.clone(),
            home: member.home,
            primary_id: member.primary_id,
            primary_name: member.primary_name.clone(),
            primary_address: member.primary_address.clone(),
            connected: self.is_connected(),
        })
    }

    fn rest_address(&self) -> (String, u16) {
        (self.rest.server.clone(), self.rest.port)
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
