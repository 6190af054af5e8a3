//! The agent's side of enrolment, as small as it can be.

use chrono::{DateTime, Utc};
use palisade_api::CODE_METADATA;
use palisade_api::federation::enrol_client::EnrolClient;
use palisade_api::federation::{JoinRequest, LeaveRequest, RenewRequest};
use palisade_api::join_token::JoinTokenEnvelope;
use palisade_transport::client::{ConnectError, PrimaryConnection, Trust, connect};
use palisade_transport::identity::{MemberIdentity, Membership, SigningRequest};
use tonic::Status;

use crate::primary::Primary;

/// A refusal: the REST code and the text.
pub(crate) type Refusal = (u32, String);

pub(crate) fn refusal(status: &Status) -> Refusal {
    let code = status.metadata().get(CODE_METADATA).unwrap_or_else(|| panic!("no code: {status}"));
    (code.to_str().unwrap().parse().unwrap(), status.message().to_owned())
}

pub(crate) struct Newcomer {
    pub(crate) request: SigningRequest,
    pub(crate) name: String,
    pub(crate) sent_at: DateTime<Utc>,
    pub(crate) roles: Vec<String>,
}

impl Newcomer {
    pub(crate) fn named(name: &str) -> Self {
        let request = SigningRequest::generate().unwrap();
        Self { request, name: name.to_owned(), sent_at: Utc::now(), roles: Vec::new() }
    }

    /// One that scans for the primary and is no cluster.
    pub(crate) fn worker(name: &str) -> Self {
        Self { roles: vec!["scanner".to_owned()], ..Self::named(name) }
    }

    /// The first call of a newcomer, which knows no more than its token.
    async fn call(
        &self,
        primary: &Primary,
        token: &JoinTokenEnvelope,
        signing_request: Vec<u8>,
    ) -> Result<Joined, Refusal> {
        let trust = Trust::Fingerprint(token.authority);
        let connection = connect(&primary.address, trust).await.unwrap();
        let request = JoinRequest {
            ticket: token.ticket.clone(),
            signing_request: signing_request.into(),
            name: self.name.clone(),
            version: "0.1.0".to_owned(),
            sent_at_ms: self.sent_at.timestamp_millis(),
            rest_server: "10.0.0.1".to_owned(),
            rest_port: 10443,
            roles: self.roles.clone(),
            ..JoinRequest::default()
        };
        let answer = EnrolClient::new(connection.channel()).join(request).await;
        let answer = answer.map_err(|status| refusal(&status))?.into_inner();
        let chain = answer.certificate_chain.iter().map(|der| der.to_vec().into()).collect();
        let membership = Membership {
            cluster_id: answer.cluster_id.parse().unwrap(),
            name: self.name.clone(),
            home: answer.home,
            primary_id: answer.primary_id.parse().unwrap(),
            primary_name: answer.primary_name,
            primary_address: primary.address.to_string(),
            former_addresses: Vec::new(),
            announced_address: None,
            authorities: answer.authorities.iter().map(|one| one.to_vec().into()).collect(),
        };
        Ok((chain, membership))
    }

    pub(crate) async fn try_join(
        &self,
        primary: &Primary,
        token: &JoinTokenEnvelope,
    ) -> Result<Membership, Refusal> {
        let (_, membership) = self.call(primary, token, self.request.der().to_vec()).await?;
        Ok(membership)
    }

    pub(crate) async fn join_with_request(
        &self,
        primary: &Primary,
        token: &JoinTokenEnvelope,
        signing_request: Vec<u8>,
    ) -> Result<Membership, Refusal> {
        let (_, membership) = self.call(primary, token, signing_request).await?;
        Ok(membership)
    }

    pub(crate) async fn join(
        self,
        primary: &Primary,
        token: &JoinTokenEnvelope,
    ) -> Result<MemberIdentity, Refusal> {
        let joined = self.call(primary, token, self.request.der().to_vec()).await?;
        Ok(self.request.certified(joined.0, joined.1).unwrap())
    }
}

type Joined = (Vec<rustls_pki_types::CertificateDer<'static>>, Membership);

pub(crate) async fn member_connection(
    primary: &Primary,
    identity: &MemberIdentity,
) -> Result<PrimaryConnection, ConnectError> {
    connect(&primary.address, Trust::Member(identity)).await
}

pub(crate) async fn renew(
    connection: &PrimaryConnection,
    request: &SigningRequest,
    sent_at: DateTime<Utc>,
) -> Result<Vec<rustls_pki_types::CertificateDer<'static>>, Status> {
    let request = RenewRequest {
        signing_request: request.der().to_vec().into(),
        sent_at_ms: sent_at.timestamp_millis(),
    };
    let answer = EnrolClient::new(connection.channel()).renew(request).await?.into_inner();
    Ok(answer.certificate_chain.iter().map(|der| der.to_vec().into()).collect())
}

pub(crate) async fn leave(connection: &PrimaryConnection) -> Result<(), Status> {
    EnrolClient::new(connection.channel()).leave(LeaveRequest { belated: false }).await.map(|_| ())
}

/// Why the primary does not let the member in.
pub(crate) async fn shut_out(primary: &Primary, identity: &MemberIdentity) -> ConnectError {
    match member_connection(primary, identity).await {
        Err(error) => error,
        Ok(connection) => {
            leave(&connection).await.unwrap_err();
            connection.failure().cloned().unwrap_or_else(|| panic!("it was let in"))
        }
    }
}
