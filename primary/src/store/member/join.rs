//! How clusters become members, and prove it again.

use chrono::{DateTime, Utc};
use palisade_api::rest::fed::RestInfo;
use palisade_api::{ClusterId, Digest};
use palisade_policy::cluster::ClusterLabels;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::notify;
use crate::store::Result;
use crate::store::member_kind::MemberKind;

/// A member to be stored.
#[derive(Clone, Debug)]
pub struct NewMember<'a> {
    /// Its id.
    pub id: ClusterId,
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub kind: MemberKind,
    /// Its labels.
    pub labels: &'a ClusterLabels,
    /// Where its REST API is reached.
    pub rest: &'a RestInfo,
    /// uid of the kube-system namespace, or empty.
    pub kube_system_uid: &'a str,
    /// Version of the agent.
    pub version: &'a str,
    /// The token that it joined with.
    pub token_id: Uuid,
    /// SHA-256 of its signing request.
    pub request_digest: Digest,
    /// Serial number of its certificate.
    pub certificate_serial: &'a str,
    /// The end of its certificate.
    pub certificate_expires_at: DateTime<Utc>,
    /// Now.
    pub joined_at: DateTime<Utc>,
    /// Whether somebody has to confirm it.
    pub pending: bool,
}

/// Stores a new member.
pub async fn create(conn: &mut PgConnection, new: &NewMember<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO member (id, name, kind, rest_server, rest_port, kube_system_uid, version,
                             token_id, request_digest, certificate_serial,
                             certificate_expires_at, joined_at, pending, labels)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        new.id.as_uuid(),
        new.name,
        new.kind.as_str(),
        new.rest.server,
        i32::try_from(new.rest.port).unwrap_or_default(),
        new.kube_system_uid,
        new.version,
        new.token_id,
        new.request_digest.as_bytes(),
        new.certificate_serial,
        new.certificate_expires_at,
        new.joined_at,
        new.pending,
        Json(new.labels) as _,
    )
    .execute(&mut *conn)
    .await?;
    // A former member of that name that is still shown makes room.
    sqlx::query!("UPDATE member SET listed = false WHERE listed AND name = $1", new.name)
        .execute(&mut *conn)
        .await?;
    notify(conn, new.id).await
}

/// Gives the entry of a member that lost its disks to `new`, whose id and name
/// are the member's. What it held of the logs is forgotten.
pub async fn rejoin(conn: &mut PgConnection, new: &NewMember<'_>) -> Result<()> {
    sqlx::query!(
        "UPDATE member
         SET rest_server = $2, rest_port = $3, version = $4, token_id = $5, request_digest = $6,
             certificate_serial = $7, certificate_expires_at = $8, rejoined_at = $9,
             pending = $10, version_refusal = NULL
         WHERE id = $1 AND removed_at IS NULL",
        new.id.as_uuid(),
        new.rest.server,
        i32::try_from(new.rest.port).unwrap_or_default(),
        new.version,
        new.token_id,
        new.request_digest.as_bytes(),
        new.certificate_serial,
        new.certificate_expires_at,
        new.joined_at,
        new.pending,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM member_position WHERE member_id = $1", new.id.as_uuid())
        .execute(&mut *conn)
        .await?;
    notify(conn, new.id).await
}

/// Confirms that a member joins. Says whether it was waiting for that.
pub async fn approve(conn: &mut PgConnection, id: ClusterId) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE member SET pending = false WHERE id = $1 AND pending AND removed_at IS NULL",
        id.as_uuid(),
    )
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    notify(conn, id).await?;
    Ok(true)
}

/// Records a renewed certificate. Says whether the member exists.
pub async fn renew(
    conn: &mut PgConnection,
    id: ClusterId,
    serial: &str,
    expires_at: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE member SET certificate_serial = $2, certificate_expires_at = $3
         WHERE id = $1 AND removed_at IS NULL",
        id.as_uuid(),
        serial,
        expires_at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
