//! What can go wrong with tokens, members and promotion.

use std::time::Duration;

use chrono::{DateTime, Utc};
use palisade_api::protocol::Protocols;
use palisade_api::{Code, ids::NotAClusterName};
use palisade_policy::PolicyError;
use palisade_transport::authority::AuthorityError;
use palisade_transport::seal::SealError;
use palisade_transport::server::ServerTlsError;
use thiserror::Error;

use super::replica::PeerError;
use crate::store::StoreError;
use crate::store::member_kind::MemberKind;
use crate::version::ChangedSince;

/// The result of a federation operation.
pub type Result<T, E = FederationError> = std::result::Result<T, E>;

/// A failed federation operation. The texts are made for clients.
#[derive(Debug, Error)]
pub enum FederationError {
    /// The ticket is not one, or was changed after it was signed.
    #[error("the join token is damaged or was tampered with: copy it again, or ask for a new one")]
    TokenTampered,
    /// The ticket was signed by another primary.
    #[error("the join token is from another primary: use the address and token of the same one")]
    TokenOfAnotherPrimary,
    /// The ticket is signed by this primary, which knows nothing of it.
    #[error("this primary does not know the join token: ask for a new one")]
    TokenUnknown,
    /// The token is past its end.
    #[error("the join token is expired since {}: ask for a new one", .0.format("%Y-%m-%d %H:%M:%S UTC"))]
    TokenExpired(DateTime<Utc>),
    /// As many clusters as it allows have joined with the token.
    #[error("the join token is used up ({0} of {0} uses): ask for a new one")]
    TokenUsedUp(i32),
    /// The token was revoked.
    #[error("the join token is revoked: ask for a new one")]
    TokenRevoked,
    /// A scan worker joins with a cluster's token, or a cluster with a worker's.
    #[error("{}", match .0 {
        MemberKind::Scanner => "the join token is for a scan worker: run the agent with --roles \
                                scanner, or use a token made without --scanner",
        _ => "the join token is for a cluster: a scan worker needs one made with --scanner",
    })]
    TokenOfAnotherKind(MemberKind),
    /// The clocks of primary and agent differ too much.
    #[error(
        "the cluster's clock is {} {} that of the primary (the cluster says {theirs}, the \
         primary {ours}): set both clocks right and try again",
        skew_text(*.skew),
        if *.ahead { "ahead of" } else { "behind" }
    )]
    ClockSkew {
        /// By how much they differ.
        skew: Duration,
        /// Whether the cluster's is ahead.
        ahead: bool,
        /// The cluster's time.
        theirs: DateTime<Utc>,
        /// The primary's time.
        ours: DateTime<Utc>,
    },
    /// The labels cannot be those of a cluster.
    #[error(transparent)]
    Labels(#[from] PolicyError),
    /// The cluster's name cannot be one.
    #[error(transparent)]
    InvalidName(#[from] NotAClusterName),
    /// Another cluster of the federation has the name.
    #[error("a cluster named {0:?} is in the federation already: choose another name")]
    NameTaken(String),
    /// The cluster that would take up its former entry is still connected.
    #[error(
        "the cluster {0:?} is connected: stop its other agent before this one joins in its place"
    )]
    StillConnected(String),
    /// A replica that may have the cluster's link does not answer.
    #[error(
        "it cannot be told whether the cluster is still connected, for a replica of the primary \
         does not answer: try again in a moment"
    )]
    Replica(#[source] Box<PeerError>),
    /// The agent speaks only older versions of the protocol.
    #[error(
        "the agent is too old for this primary (it speaks the protocol {0}): upgrade the agent"
    )]
    AgentTooOld(Protocols),
    /// The agent speaks only newer versions of the protocol.
    #[error(
        "this primary is too old for the agent (which speaks the protocol {0}): upgrade the primary"
    )]
    AgentTooNew(Protocols),
    /// The authority is being replaced already.
    #[error("the authority is being replaced already: see `authority status`")]
    RotationRuns,
    /// There is a home cluster already.
    #[error("the primary has a home cluster already; join with a token made without --home")]
    HomeTaken,
    /// The signing request cannot be signed.
    #[error(transparent)]
    SigningRequest(AuthorityError),
    /// The caller is not, or no longer, a member.
    #[error("this cluster is not a member of the federation")]
    NotAMember,
    /// No member has the id.
    #[error("no cluster of the federation has the id {0}")]
    UnknownMember(String),
    /// The operation needs a primary, and this one is standalone.
    #[error("this cluster is not the primary of a federation: promote it first")]
    NotPrimary,
    /// The operation needs a standalone cluster, and this one is a primary.
    #[error("this cluster is the primary of a federation already")]
    AlreadyPrimary,
    /// Federated objects of an earlier federation are left over.
    #[error(
        "federated objects of an earlier federation are left over, such as {0:?}: demote anew, or report this"
    )]
    LeftOver(String),
    /// The server is a primary or can only become one: it joins nobody.
    #[error("a primary cannot join or leave a federation: call a remote cluster instead")]
    NeverRemote,
    /// A value of the configuration cannot be changed while there are members.
    #[error("{0} cannot be changed while the federation has remote clusters")]
    Locked(&'static str),
    /// A malformed value.
    #[error("{0}")]
    InvalidValue(String),
    /// No token has the id.
    #[error("no join token has the id {0}")]
    UnknownTokenId(String),
    /// The change was meant for what was there before another one.
    #[error(transparent)]
    ChangedSince(#[from] ChangedSince),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The authority failed.
    #[error("the certificate authority failed: {0}")]
    Authority(#[source] AuthorityError),
    /// A secret cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A listener's certificate cannot be used.
    #[error(transparent)]
    ListenerTls(#[from] ServerTlsError),
    /// The key of the join tickets failed.
    #[error("the key of the join tickets failed: {0}")]
    TicketKey(String),
}

fn skew_text(skew: Duration) -> String {
    let minutes = skew.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

impl FederationError {
    /// The numeric code of the REST API.
    pub fn code(&self) -> Code {
        match self {
            Self::TokenTampered
            | Self::TokenOfAnotherPrimary
            | Self::TokenUnknown
            | Self::TokenExpired(_)
            | Self::TokenUsedUp(_)
            | Self::TokenRevoked
            | Self::ClockSkew { .. }
            | Self::HomeTaken
            | Self::TokenOfAnotherKind(_)
            | Self::NotAMember
            | Self::Locked(_) => Code::FedOperationFailed,
            Self::Labels(error) => error.refusal().code,
            Self::InvalidName(_) => Code::InvalidName,
            Self::NameTaken(_) | Self::StillConnected(_) => Code::FedDuplicateName,
            Self::AgentTooOld(_) => Code::JointUpgradeRequired,
            Self::AgentTooNew(_) => Code::MasterUpgradeRequired,
            Self::SigningRequest(_) | Self::InvalidValue(_) | Self::Store(StoreError::Nul(_)) => {
                Code::InvalidRequest
            }
            Self::UnknownMember(_) | Self::UnknownTokenId(_) => Code::ObjectNotFound,
            Self::NotPrimary
            | Self::ChangedSince(_)
            | Self::AlreadyPrimary
            | Self::NeverRemote
            | Self::RotationRuns
            | Self::LeftOver(_) => Code::OpNotAllowed,
            Self::Store(StoreError::Unavailable(_)) | Self::Replica(_) => Code::FailReadCluster,
            Self::Store(StoreError::Conflict(_)) => Code::FailLockCluster,
            Self::Store(StoreError::Inconsistent { .. }) => Code::ClusterWrongData,
            Self::Store(_)
            | Self::Authority(_)
            | Self::Seal(_)
            | Self::ListenerTls(_)
            | Self::TicketKey(_) => Code::ServerError,
        }
    }

    /// Whether the join token is to blame.
    pub const fn is_of_token(&self) -> bool {
        matches!(
            self,
            Self::TokenTampered
                | Self::TokenOfAnotherPrimary
                | Self::TokenUnknown
                | Self::TokenExpired(_)
                | Self::TokenUsedUp(_)
                | Self::TokenRevoked
        )
    }

    /// Whether a cluster is not let in for what it came with: a token, or a name.
    pub const fn is_of_applicant(&self) -> bool {
        self.is_of_token()
            || matches!(
                self,
                Self::TokenOfAnotherKind(_)
                    | Self::NameTaken(_)
                    | Self::StillConnected(_)
                    | Self::HomeTaken
            )
    }

    /// What the client may read. Inner failures say no more than their code.
    pub fn client_text(&self) -> String {
        match self {
            Self::Store(error) if error.is_unavailable() => {
                "The database is unavailable; nothing was changed. Try again in a moment."
                    .to_owned()
            }
            Self::Store(StoreError::Nul(_)) => "A text does not contain a NUL.".to_owned(),
            Self::Store(StoreError::Conflict(_)) => {
                "Another change was in the way; nothing was changed. Try again.".to_owned()
            }
            inner if matches!(inner.code(), Code::ServerError | Code::ClusterWrongData) => {
                inner.code().text().to_owned()
            }
            other => other.to_string(),
        }
    }
}
