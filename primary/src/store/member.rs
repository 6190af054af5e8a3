//! Members of the federation.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use palisade_api::protocol::Mismatch;
use palisade_api::rest::fed::RestInfo;
use palisade_api::{ClusterId, Digest, Revision};
use palisade_policy::cluster::ClusterLabels;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::member_kind::MemberKind;
use super::{Result, StoreError};

/// Name of the constraint: two members of one name.
pub const NAME_KEY: &str = "member_name_key";
/// Name of the constraint: two home clusters.
pub const HOME_KEY: &str = "member_home_key";

/// The channel of notifications that members came or went, or that the primary
/// itself changed; the payload is the cluster's id. Wakes whoever holds the set of
/// members in memory.
pub const CHANNEL: &str = "palisade_member";

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

/// Why a member is one no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovedReason {
    /// It left.
    Left,
    /// The primary removed it.
    Kicked,
    /// The federation was dissolved.
    Demoted,
}

impl RemovedReason {
    /// The text in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Kicked => "kicked",
            Self::Demoted => "demoted",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::Left, Self::Kicked, Self::Demoted]
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or_else(|| StoreError::inconsistent("member", "an unknown reason of removal"))
    }
}

/// A second agent used the identity of a connected member, and was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// When it was last tried.
    pub at: DateTime<Utc>,
    /// From which address.
    pub source: String,
}

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

struct Row {
    id: Uuid,
    name: String,
    kind: MemberKind,
    labels: Json<ClusterLabels>,
    rest_server: String,
    rest_port: i32,
    version: String,
    request_digest: Vec<u8>,
    certificate_expires_at: DateTime<Utc>,
    joined_at: DateTime<Utc>,
    last_seen_at: Option<DateTime<Utc>>,
    revision: i64,
    kube_system_uid: String,
    pending: bool,
    removed_reason: Option<String>,
    duplicate_at: Option<DateTime<Utc>>,
    duplicate_source: Option<String>,
    version_refusal: Option<String>,
}

impl TryFrom<Row> for Member {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: ClusterId::from_uuid(row.id),
            name: row.name,
            kind: row.kind,
            labels: row.labels.0,
            rest: RestInfo {
                server: row.rest_server,
                port: u32::try_from(row.rest_port).unwrap_or_default(),
            },
            version: row.version,
            request_digest: Digest::try_from(row.request_digest.as_slice())
                .map_err(|e| StoreError::inconsistent("member", e))?,
            certificate_expires_at: row.certificate_expires_at,
            joined_at: row.joined_at,
            last_seen_at: row.last_seen_at,
            revision: super::change::revision_of(row.revision)?,
            kube_system_uid: row.kube_system_uid,
            pending: row.pending,
            removed: row.removed_reason.as_deref().map(RemovedReason::parse).transpose()?,
            duplicate: row
                .duplicate_at
                .zip(row.duplicate_source)
                .map(|(at, source)| Duplicate { at, source }),
            version_refusal: row.version_refusal.as_deref().map(refusal).transpose()?,
        })
    }
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
        new.request_digest.as_bytes().as_slice(),
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
        new.request_digest.as_bytes().as_slice(),
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

const TOO_OLD: &str = "too_old";
const TOO_NEW: &str = "too_new";

fn refusal(text: &str) -> Result<Mismatch> {
    match text {
        TOO_OLD => Ok(Mismatch::OtherTooOld),
        TOO_NEW => Ok(Mismatch::OtherTooNew),
        _ => Err(StoreError::inconsistent("member", "an unknown reason of a refusal")),
    }
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

/// The clusters of the federation, by name.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<Member>> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, name, kind AS "kind: MemberKind",
                  labels AS "labels: Json<ClusterLabels>", rest_server, rest_port, version, request_digest,
                  certificate_expires_at, joined_at, last_seen_at,
                  coalesce(member_position.revision, 0) AS "revision!", kube_system_uid, pending,
                  removed_reason, duplicate_at, duplicate_source, version_refusal
           FROM member
                LEFT JOIN member_position ON member_id = id AND log = 1
           WHERE removed_at IS NULL AND kind <> 'scanner' ORDER BY name"#,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Member::try_from)
    .collect()
}

/// The clusters of the federation, by name, with those that are members no
/// more and still shown; with `former`, all that ever were.
pub async fn shown(conn: &mut PgConnection, former: bool) -> Result<Vec<Member>> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, name, kind AS "kind: MemberKind",
                  labels AS "labels: Json<ClusterLabels>", rest_server, rest_port, version, request_digest,
                  certificate_expires_at, joined_at, last_seen_at,
                  coalesce(member_position.revision, 0) AS "revision!", kube_system_uid, pending,
                  removed_reason, duplicate_at, duplicate_source, version_refusal
           FROM member
                LEFT JOIN member_position ON member_id = id AND log = 1
           WHERE (removed_at IS NULL OR listed OR $1) AND kind <> 'scanner'
           ORDER BY name, removed_at NULLS FIRST"#,
        former,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Member::try_from)
    .collect()
}

/// The member with the name.
pub async fn by_name(conn: &mut PgConnection, name: &str) -> Result<Option<Member>> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, name, kind AS "kind: MemberKind",
                  labels AS "labels: Json<ClusterLabels>", rest_server, rest_port, version, request_digest,
                  certificate_expires_at, joined_at, last_seen_at,
                  coalesce(member_position.revision, 0) AS "revision!", kube_system_uid, pending,
                  removed_reason, duplicate_at, duplicate_source, version_refusal
           FROM member
                LEFT JOIN member_position ON member_id = id AND log = 1
           WHERE removed_at IS NULL AND name = $1"#,
        name,
    )
    .fetch_optional(conn)
    .await?
    .map(Member::try_from)
    .transpose()
}

/// The member with the id.
pub async fn get(conn: &mut PgConnection, id: ClusterId) -> Result<Option<Member>> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, name, kind AS "kind: MemberKind",
                  labels AS "labels: Json<ClusterLabels>", rest_server, rest_port, version, request_digest,
                  certificate_expires_at, joined_at, last_seen_at,
                  coalesce(member_position.revision, 0) AS "revision!", kube_system_uid, pending,
                  removed_reason, duplicate_at, duplicate_source, version_refusal
           FROM member
                LEFT JOIN member_position ON member_id = id AND log = 1
           WHERE removed_at IS NULL AND id = $1"#,
        id.as_uuid(),
    )
    .fetch_optional(conn)
    .await?
    .map(Member::try_from)
    .transpose()
}

/// The ids of the members of these names; those that nobody has are left out.
pub async fn ids_of(conn: &mut PgConnection, names: &[String]) -> Result<Vec<(String, Uuid)>> {
    let rows = sqlx::query!(
        "SELECT name, id FROM member WHERE removed_at IS NULL AND name = ANY($1)",
        names,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

/// The names of members, former ones too.
pub async fn names(conn: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, String>> {
    let rows =
        sqlx::query!("SELECT id, name FROM member WHERE id = ANY($1)", ids).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// The member that joined with the signing request.
pub async fn by_request(
    conn: &mut PgConnection,
    request_digest: Digest,
    token_id: Uuid,
) -> Result<Option<Member>> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, name, kind AS "kind: MemberKind",
                  labels AS "labels: Json<ClusterLabels>", rest_server, rest_port, version, request_digest,
                  certificate_expires_at, joined_at, last_seen_at,
                  coalesce(member_position.revision, 0) AS "revision!", kube_system_uid, pending,
                  removed_reason, duplicate_at, duplicate_source, version_refusal
           FROM member
                LEFT JOIN member_position ON member_id = id AND log = 1
           WHERE removed_at IS NULL AND request_digest = $1 AND token_id = $2"#,
        request_digest.as_bytes().as_slice(),
        token_id,
    )
    .fetch_optional(conn)
    .await?
    .map(Member::try_from)
    .transpose()
}

/// The clusters of the federation with their labels.
pub async fn labels(conn: &mut PgConnection) -> Result<Vec<(ClusterId, ClusterLabels)>> {
    let rows = sqlx::query!(
        r#"SELECT id, labels AS "labels: Json<ClusterLabels>"
           FROM member WHERE removed_at IS NULL AND kind <> 'scanner' ORDER BY id"#,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (ClusterId::from_uuid(row.id), row.labels.0)).collect())
}

/// Gives a member its labels. Say first what it is shown by them:
/// [`super::view::relabel`].
pub(super) async fn set_labels(
    conn: &mut PgConnection,
    id: ClusterId,
    labels: &ClusterLabels,
) -> Result<()> {
    sqlx::query!("UPDATE member SET labels = $2 WHERE id = $1", id.as_uuid(), Json(labels) as _)
        .execute(conn)
        .await?;
    Ok(())
}

/// The primary's own cluster.
pub async fn home(conn: &mut PgConnection) -> Result<Option<ClusterId>> {
    let id =
        sqlx::query_scalar!("SELECT id FROM member WHERE kind = 'home' AND removed_at IS NULL")
            .fetch_optional(conn)
            .await?;
    Ok(id.map(ClusterId::from_uuid))
}

/// The ids of former members whose certificates are not expired at `now`.
pub async fn removed(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<ClusterId>> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM member WHERE removed_at IS NOT NULL AND certificate_expires_at > $1",
        now,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ClusterId::from_uuid).collect())
}

/// Removes all members but the home cluster. Returns their ids.
pub async fn remove_remotes(
    conn: &mut PgConnection,
    reason: RemovedReason,
    now: DateTime<Utc>,
) -> Result<Vec<ClusterId>> {
    let ids = sqlx::query_scalar!(
        "UPDATE member SET removed_at = $1, removed_reason = $2
         WHERE removed_at IS NULL AND kind <> 'home' RETURNING id",
        now,
        reason.as_str(),
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<_> = ids.into_iter().map(ClusterId::from_uuid).collect();
    for id in &ids {
        notify(conn, *id).await?;
    }
    Ok(ids)
}

/// How many remote clusters there are.
pub async fn count_remotes(conn: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM member WHERE removed_at IS NULL AND kind = 'remote'"#
    )
    .fetch_one(conn)
    .await?)
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

/// Takes a former member off the list. Says whether it was on it.
pub async fn unlist(conn: &mut PgConnection, id: ClusterId) -> Result<bool> {
    let done =
        sqlx::query!("UPDATE member SET listed = false WHERE id = $1 AND listed", id.as_uuid())
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a member; with `listed` it goes on being shown. Says whether there
/// was one.
pub async fn remove(
    conn: &mut PgConnection,
    id: ClusterId,
    reason: RemovedReason,
    listed: bool,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE member SET removed_at = $2, removed_reason = $3, listed = $4
         WHERE id = $1 AND removed_at IS NULL",
        id.as_uuid(),
        now,
        reason.as_str(),
        listed,
    )
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    notify(conn, id).await?;
    Ok(true)
}

/// Wakes whoever holds something of the federation in memory.
pub async fn notify(conn: &mut PgConnection, id: ClusterId) -> Result<()> {
    sqlx::query!(r#"SELECT pg_notify($1, $2) AS "notified: ()""#, CHANNEL, id.to_string(),)
        .execute(conn)
        .await?;
    Ok(())
}
