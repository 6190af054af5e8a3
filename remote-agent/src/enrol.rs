//! Joining a federation by token, renewing the certificate, leaving.

mod credential;

use std::time::Duration;

use bytes::Bytes;
use palisade_api::clock::SharedClock;
use palisade_api::federation::enrol_client::EnrolClient;
use palisade_api::federation::{
    IntroduceRequest, JoinRequest, LeaveRequest, RenewRequest, RevokedRequest,
};
use palisade_api::protocol::SPOKEN;
use palisade_api::{CODE_METADATA, ClusterName, Code};
use palisade_policy::cluster::ClusterLabels;
use palisade_transport::backoff::Backoff;
use palisade_transport::certificate::{fingerprint, serial};
use palisade_transport::client::{
    ConnectError, PrimaryAddress, PrimaryConnection, ProxyAddress, Trust, connect_through,
};
use palisade_transport::fixed_token::{self, FixedToken};
use palisade_transport::identity::{IdentityError, MemberIdentity, Membership, SigningRequest};
use palisade_transport::revocation;
use rustls_pki_types::CertificateDer;
use secrecy::ExposeSecret as _;
use thiserror::Error;
use tonic::{Request, Status};
use tracing::{info, warn};

pub use credential::{Credential, read_token};

/// How long one answer of the primary may take.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a join waits for a primary that is not up yet.
const PATIENCE: Duration = Duration::from_mins(1);
/// Authorities that are trusted at once; a primary has one, or two.
const MOST_AUTHORITIES: usize = 8;

/// Why the agent could not join, renew or leave.
#[derive(Debug, Error)]
pub enum EnrolError {
    /// The token is not one.
    #[error("the join token cannot be read: {0}. Copy it whole, or make a new one on the primary")]
    Token(&'static str),
    /// The primary cannot be reached, or is not the one of the token.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The primary refused.
    #[error("the primary refuses: {text}{}", code.map(|c| format!(" (code {})", c.number())).unwrap_or_default())]
    Refused {
        /// A code of the REST API, where the primary gave one.
        code: Option<Code>,
        /// Whether the token is to blame.
        of_token: bool,
        /// The primary's words.
        text: String,
    },
    /// What answers does not know the fixed token.
    #[error(
        "the server at {0} does not prove that it knows the fixed token: check the address, and \
         that the primary has the same token"
    )]
    Unproven(String),
    /// The primary answered something that cannot be.
    #[error("the primary's answer makes no sense: {0}")]
    Answer(&'static str),
    /// The identity could not be made or stored.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The random generator failed.
    #[error("the random generator failed")]
    Random,
}

/// Who joins.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// The cluster's name.
    pub name: ClusterName,
    /// How the cluster's REST API is reached.
    pub rest: RestAddress,
    /// Names of the agent's roles.
    pub roles: Vec<String>,
    /// The cluster's labels.
    pub labels: ClusterLabels,
    /// What tells this cluster from others of its name; empty where nobody knows.
    pub cluster_uid: String,
    /// The proxy by which the primary is reached.
    pub proxy: Option<ProxyAddress>,
}

/// A cluster that has joined.
#[derive(Debug)]
pub struct Joined {
    /// Its identity. Nothing is stored yet.
    pub identity: MemberIdentity,
    /// Whether it was a member before, and has its former entry again.
    pub rejoined: bool,
}

/// How a REST API is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestAddress {
    /// Host name or address.
    pub server: String,
    /// Port.
    pub port: u16,
}

/// Joins the federation by `credential`. Waits a minute for a primary that is not
/// reachable yet; gives up at once when the primary or its authority says no.
/// Nothing is stored.
pub async fn join(
    credential: &Credential,
    applicant: &Applicant,
    clock: &SharedClock,
) -> Result<Joined, EnrolError> {
    let give_up = tokio::time::Instant::now() + PATIENCE;
    let mut backoff = Backoff::default();
    loop {
        let error = match join_once(credential, applicant, clock).await {
            Ok(joined) => return Ok(joined),
            Err(error) => error,
        };
        let pause = backoff.next(&mut rand::rng());
        if !may_pass(&error) || tokio::time::Instant::now() + pause > give_up {
            return Err(error);
        }
        warn!(%error, "the primary is not reachable yet; trying again");
        tokio::time::sleep(pause).await;
    }
}

/// Whether asking again can help: the primary was not reached, or could not look at what it
/// was asked.
fn may_pass(error: &EnrolError) -> bool {
    matches!(
        error,
        EnrolError::Connect(ConnectError::Unreachable { .. } | ConnectError::Timeout { .. })
            | EnrolError::Refused {
                code: Some(Code::FailReadCluster | Code::FailLockCluster | Code::ClusterTimeout),
                ..
            }
    )
}

/// One attempt of [`join`].
pub async fn join_once(
    credential: &Credential,
    applicant: &Applicant,
    clock: &SharedClock,
) -> Result<Joined, EnrolError> {
    let address = credential.address();
    let trust = match credential {
        Credential::Token(envelope) => Trust::Fingerprint(envelope.authority),
        Credential::Fixed { .. } => Trust::Unknown,
    };
    let connection = connect_through(&address, trust, applicant.proxy.as_ref()).await?;
    // The handshake has verified the authority against the pin, or has shown
    // the one that is proven now.
    let authority = connection
        .authority()
        .cloned()
        .ok_or(EnrolError::Answer("its authority did not show in the handshake"))?;
    let ticket = match credential {
        Credential::Token(envelope) => envelope.ticket.clone(),
        Credential::Fixed { token, .. } => {
            prove(&connection, token, &authority, &address).await?;
            token.ticket().expose_secret().to_owned()
        }
    };
    let request = SigningRequest::generate()?;
    let answer = EnrolClient::new(connection.channel())
        .join(timed(JoinRequest {
            ticket,
            signing_request: request.der().to_vec().into(),
            name: applicant.name.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            sent_at_ms: clock.now().timestamp_millis(),
            kube_system_uid: applicant.cluster_uid.clone(),
            rest_server: applicant.rest.server.clone(),
            rest_port: applicant.rest.port.into(),
            roles: applicant.roles.clone(),
            protocol: Some(SPOKEN.to_wire()),
            labels: applicant.labels.as_map().clone().into_iter().collect(),
        }))
        .await
        .map_err(|status| refused(&connection, &status))?
        .into_inner();
    let authorities = authorities(&answer.authorities, authority)?;
    let membership = Membership {
        cluster_id: answer
            .cluster_id
            .parse()
            .map_err(|_| EnrolError::Answer("it gives no cluster id"))?,
        name: applicant.name.to_string(),
        home: answer.home,
        primary_id: answer
            .primary_id
            .parse()
            .map_err(|_| EnrolError::Answer("it does not say who the primary is"))?,
        primary_name: answer.primary_name,
        primary_address: address.to_string(),
        former_addresses: Vec::new(),
        announced_address: None,
        authorities,
    };
    let chain = answer.certificate_chain.iter().map(|der| der.to_vec().into()).collect();
    let identity = request.certified(chain, membership)?;
    Ok(Joined { identity, rejoined: answer.rejoined })
}

/// Lets the server prove that it knows the token and speaks for `authority`.
async fn prove(
    connection: &PrimaryConnection,
    token: &FixedToken,
    authority: &CertificateDer<'static>,
    address: &PrimaryAddress,
) -> Result<(), EnrolError> {
    let nonce = fixed_token::nonce().ok_or(EnrolError::Random)?;
    let question = IntroduceRequest {
        ticket_digest: token.ticket_digest().as_bytes().to_vec().into(),
        nonce: nonce.to_vec().into(),
    };
    let answer = EnrolClient::new(connection.channel())
        .introduce(timed(question))
        .await
        .map_err(|status| refused(connection, &status))?
        .into_inner();
    if token.is_proven(&answer.proofs, &nonce, fingerprint(authority)) {
        Ok(())
    } else {
        Err(EnrolError::Unproven(address.to_string()))
    }
}

/// The authorities to trust from now on: those that the primary names, or of an
/// older one the one that the handshake has verified.
fn authorities(
    named: &[Bytes],
    verified: CertificateDer<'static>,
) -> Result<Vec<CertificateDer<'static>>, EnrolError> {
    if named.is_empty() {
        return Ok(vec![verified]);
    }
    let named: Vec<CertificateDer<'static>> =
        named.iter().take(MOST_AUTHORITIES).map(|der| der.to_vec().into()).collect();
    if named.contains(&verified) {
        Ok(named)
    } else {
        Err(EnrolError::Answer("it names other authorities than its own"))
    }
}

/// A new key and certificate for the same member.
pub async fn renew(
    connection: &PrimaryConnection,
    identity: &MemberIdentity,
    clock: &SharedClock,
) -> Result<MemberIdentity, EnrolError> {
    let request = SigningRequest::generate()?;
    let answer = EnrolClient::new(connection.channel())
        .renew(timed(RenewRequest {
            signing_request: request.der().to_vec().into(),
            sent_at_ms: clock.now().timestamp_millis(),
        }))
        .await
        .map_err(|status| refused(connection, &status))?
        .into_inner();
    let chain = answer.certificate_chain.iter().map(|der| der.to_vec().into()).collect();
    let mut membership = identity.membership().clone();
    if let (Some(verified), false) = (connection.authority(), answer.authorities.is_empty()) {
        membership.authorities = authorities(&answer.authorities, verified.clone())?;
    }
    let renewed = request.certified(chain, membership)?;
    info!(until = %renewed.validity().not_after, "the certificate is renewed");
    Ok(renewed)
}

/// Tells the primary that this cluster leaves; or, `belated`, that it has left
/// while the primary was out of reach.
pub async fn leave(connection: &PrimaryConnection, belated: bool) -> Result<(), EnrolError> {
    EnrolClient::new(connection.channel())
        .leave(timed(LeaveRequest { belated }))
        .await
        .map_err(|status| refused(connection, &status))?;
    Ok(())
}

/// Whether an authority that the member knows has revoked its certificate, by what is
/// kept at `address` of authorities that were replaced. Whoever answers there need not be
/// known: the authority itself has signed it.
pub async fn is_revoked(
    address: &PrimaryAddress,
    identity: &MemberIdentity,
    proxy: Option<&ProxyAddress>,
) -> Result<bool, EnrolError> {
    let own = identity.chain().first().and_then(|own| serial(own).ok());
    let own = own.ok_or(EnrolError::Answer("the own certificate has no serial number"))?;
    let connection = connect_through(address, Trust::Unknown, proxy).await?;
    for authority in &identity.membership().authorities {
        let question =
            RevokedRequest { authority: fingerprint(authority).as_bytes().to_vec().into() };
        let answer = EnrolClient::new(connection.channel())
            .revoked(timed(question))
            .await
            .map_err(|status| refused(&connection, &status))?
            .into_inner();
        if revocation::names(&answer.list, authority, &own) == Ok(true) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn timed<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(ANSWER);
    request
}

/// A connection that broke says more than the status that it left.
fn refused(connection: &PrimaryConnection, status: &Status) -> EnrolError {
    if let Some(failure) = connection.failure() {
        return failure.clone().into();
    }
    EnrolError::Refused {
        code: code_of(status),
        of_token: status.code() == tonic::Code::Unauthenticated,
        text: status.message().to_owned(),
    }
}

/// The code of the REST API that a status carries.
pub(crate) fn code_of(status: &Status) -> Option<Code> {
    let text = status.metadata().get(CODE_METADATA)?.to_str().ok()?;
    Code::from_number(text.parse().ok()?)
}
