//! The contracts between Palisade's programs, and the newtypes that every
//! crate speaks: ids, revisions, digests, error codes, REST and gRPC types.
//!
//! Open [`error_code`] for the numeric REST codes, [`kind`] for the federated
//! kinds, `proto/` for the gRPC contracts, [`protocol`] for their versions, and
//! [`rest`] for one module an area of the REST API.

pub mod clock;
pub mod digest;
pub mod encoded;
pub mod error_code;
pub mod feature;
pub mod ids;
pub mod join_token;
pub mod kind;
pub mod protocol;
pub mod rest;
pub mod revision;

pub use digest::Digest;
pub use error_code::{Code, Refusal};
pub use ids::{ClusterId, ClusterName, ReplicaId};
pub use kind::ObjectKind;
pub use revision::{Epoch, Revision};

#[doc(hidden)]
pub mod proto;

/// `palisade.federation.v1`: enrolment and the link.
pub use proto::federation::v1 as federation;
/// `palisade.replica.v1`: what the replicas of one primary ask each other.
pub use proto::replica::v1 as replica;
/// `palisade.scan.v1`: verdicts.
pub use proto::scan::v1 as scan;
/// `palisade.sync.v1`: the delta stream.
pub use proto::sync::v1 as sync;

/// Metadata key that carries a numeric REST [`Code`] beside a gRPC status.
pub const CODE_METADATA: &str = "palisade-code";
