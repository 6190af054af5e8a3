//! Members of the federation.
//!
//! [`find`] asks for them, [`join`] makes them, [`note`] writes down what is
//! seen of them, and [`leave`] ends them.

mod find;
mod join;
mod leave;
mod note;

use chrono::{DateTime, Utc};
use palisade_api::protocol::Mismatch;
use palisade_api::rest::fed::RestInfo;
use palisade_api::{ClusterId, Digest, Revision};
use palisade_policy::cluster::ClusterLabels;
use sqlx::PgConnection;

use super::Result;
use super::member_kind::MemberKind;
pub use find::{
    by_name, by_request, cluster, count_remotes, get, home, ids, ids_of, labels, list, names,
    shown, unapproved,
};
pub use join::{NewMember, approve, create, rejoin, renew};
pub use leave::{RemovedReason, remove, remove_remotes, removed, unlist};
pub(super) use note::set_labels;
pub use note::{Duplicate, note_duplicate, note_version};

/// Name of the constraint: two members of one name.
pub const NAME_KEY: &str = "member_name_key";
/// Name of the constraint: two home clusters.
pub const HOME_KEY: &str = "member_home_key";

/// The channel of notifications that members came or went, or that the primary
/// itself changed; the payload is the cluster's id. Wakes whoever holds the set of
/// members in memory.
pub const CHANNEL: &str = "palisade_member";

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: ClusterId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: MemberKind,
    /// Its labels.
    pub labels: ClusterLabels,
    /// Where its REST API is reached.
    pub rest: RestInfo,
    /// Version of the agent.
    pub version: String,
    /// SHA-256 of the signing request that it joined with.
    pub request_digest: Digest,
    /// The end of its certificate.
    pub certificate_expires_at: DateTime<Utc>,
    /// When it joined.
    pub joined_at: DateTime<Utc>,
    /// When it was last heard of.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// The revision of the federation log that it has acknowledged.
    pub revision: Revision,
    /// uid of the kube-system namespace, or empty.
    pub kube_system_uid: String,
    /// Whether somebody has to confirm that it joins.
    pub pending: bool,
    /// Why it is a member no more; none while it is one.
    pub removed: Option<RemovedReason>,
    /// The last attempt of another agent with its identity.
    pub duplicate: Option<Duplicate>,
    /// Why it could not connect, if its version was to blame the last time.
    pub version_refusal: Option<Mismatch>,
}

/// Wakes whoever holds something of the federation in memory.
pub async fn notify(conn: &mut PgConnection, id: ClusterId) -> Result<()> {
    sqlx::query!(r#"SELECT pg_notify($1, $2) AS "notified: ()""#, CHANNEL, id.to_string(),)
        .execute(conn)
        .await?;
    Ok(())
}
