//! What is seen of a member, and said about it.

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use palisade_api::protocol::Mismatch;
use palisade_policy::cluster::ClusterLabels;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::store::{Result, StoreError};

/// A second agent used the identity of a connected member, and was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// When it was last tried.
    pub at: DateTime<Utc>,
    /// From which address.
    pub source: String,
}

const TOO_OLD: &str = "too_old";
const TOO_NEW: &str = "too_new";

pub(super) fn refusal(text: &str) -> Result<Mismatch> {
    match text {
        TOO_OLD => Ok(Mismatch::OtherTooOld),
        TOO_NEW => Ok(Mismatch::OtherTooNew),
        _ => Err(StoreError::inconsistent("member", "an unknown reason of a refusal")),
    }
}

/// Notes that a second agent with the identity of a member was refused.
pub async fn note_duplicate(
    conn: &mut PgConnection,
    id: ClusterId,
    duplicate: &Duplicate,
) -> Result<()> {
    sqlx::query!(
        "UPDATE member SET duplicate_at = $2, duplicate_source = $3 WHERE id = $1",
        id.as_uuid(),
        duplicate.at,
        duplicate.source,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a member speaks no version of the protocol that is spoken here; or,
/// with none, that it does.
pub async fn note_version(
    conn: &mut PgConnection,
    id: ClusterId,
    refusal: Option<Mismatch>,
) -> Result<()> {
    let refusal = refusal.map(|mismatch| match mismatch {
        Mismatch::OtherTooOld => TOO_OLD,
        Mismatch::OtherTooNew => TOO_NEW,
    });
    sqlx::query!(
        "UPDATE member SET version_refusal = $2
         WHERE id = $1 AND version_refusal IS DISTINCT FROM $2",
        id.as_uuid(),
        refusal,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a member its labels. Say first what it is shown by them:
/// [`crate::store::view::relabel`].
pub(in crate::store) async fn set_labels(
    conn: &mut PgConnection,
    id: ClusterId,
    labels: &ClusterLabels,
) -> Result<()> {
    sqlx::query!("UPDATE member SET labels = $2 WHERE id = $1", id.as_uuid(), Json(labels) as _)
        .execute(conn)
        .await?;
    Ok(())
}
