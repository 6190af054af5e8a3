//! Questions about members.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use palisade_api::rest::fed::RestInfo;
use palisade_api::{ClusterId, Digest};
use palisade_policy::cluster::ClusterLabels;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::note::{Duplicate, refusal};
use super::{Member, RemovedReason};
use crate::store::change::revision_of;
use crate::store::member_kind::MemberKind;
use crate::store::{Result, StoreError};

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
            revision: revision_of(row.revision)?,
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

/// Asks for members, each as a [`Row`], by the condition and the order that `$which` says.
macro_rules! members {
    ($which:tt $(, $value:expr)*) => {
        sqlx::query_as!(
            Row,
            r#"SELECT id, name, kind AS "kind: MemberKind",
                      labels AS "labels: Json<ClusterLabels>", rest_server, rest_port, version,
                      request_digest, certificate_expires_at, joined_at, last_seen_at,
                      coalesce(member_position.revision, 0) AS "revision!", kube_system_uid,
                      pending, removed_reason, duplicate_at, duplicate_source, version_refusal
               FROM member LEFT JOIN member_position ON member_id = id AND log = 1
               "# + $which
            $(, $value)*
        )
    };
}

/// The clusters of the federation, by name.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<Member>> {
    members!("WHERE removed_at IS NULL AND kind <> 'scanner' ORDER BY name")
        .fetch_all(conn)
        .await?
        .into_iter()
        .map(Member::try_from)
        .collect()
}

/// The clusters of the federation, by name, with those that are members no
/// more and still shown; with `former`, all that ever were.
pub async fn shown(conn: &mut PgConnection, former: bool) -> Result<Vec<Member>> {
    members!("WHERE (removed_at IS NULL OR listed OR $1) AND kind <> 'scanner' ORDER BY name, removed_at NULLS FIRST", former)
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Member::try_from)
    .collect()
}

/// The member with the name.
pub async fn by_name(conn: &mut PgConnection, name: &str) -> Result<Option<Member>> {
    members!("WHERE removed_at IS NULL AND name = $1", name)
        .fetch_optional(conn)
        .await?
        .map(Member::try_from)
        .transpose()
}

/// The member with the id.
pub async fn get(conn: &mut PgConnection, id: ClusterId) -> Result<Option<Member>> {
    members!("WHERE removed_at IS NULL AND id = $1", id.as_uuid())
        .fetch_optional(conn)
        .await?
        .map(Member::try_from)
        .transpose()
}

/// The cluster with the id: a scan worker is a member, and none.
pub async fn cluster(conn: &mut PgConnection, id: ClusterId) -> Result<Option<Member>> {
    Ok(get(conn, id).await?.filter(|member| member.kind != MemberKind::Scanner))
}

/// The member that joined with the signing request.
pub async fn by_request(
    conn: &mut PgConnection,
    request_digest: Digest,
    token_id: Uuid,
) -> Result<Option<Member>> {
    members!(
        "WHERE removed_at IS NULL AND request_digest = $1 AND token_id = $2",
        request_digest.as_bytes(),
        token_id
    )
    .fetch_optional(conn)
    .await?
    .map(Member::try_from)
    .transpose()
}

/// The ids of the clusters of these names; those that nobody has are left out.
pub async fn ids_of(conn: &mut PgConnection, names: &[String]) -> Result<Vec<(String, Uuid)>> {
    let rows = sqlx::query!(
        "SELECT name, id FROM member
         WHERE removed_at IS NULL AND kind <> 'scanner' AND name = ANY($1)",
        names,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

/// The clusters that there are, by their names.
pub async fn ids(conn: &mut PgConnection) -> Result<Vec<(String, Uuid)>> {
    let rows = sqlx::query!(
        "SELECT name, id FROM member WHERE removed_at IS NULL AND kind <> 'scanner' ORDER BY name"
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

/// The primary's own cluster.
pub async fn home(conn: &mut PgConnection) -> Result<Option<ClusterId>> {
    let id =
        sqlx::query_scalar!("SELECT id FROM member WHERE kind = 'home' AND removed_at IS NULL")
            .fetch_optional(conn)
            .await?;
    Ok(id.map(ClusterId::from_uuid))
}

/// The members that nobody has approved yet.
pub async fn unapproved(conn: &mut PgConnection) -> Result<HashSet<ClusterId>> {
    let ids = sqlx::query_scalar!("SELECT id FROM member WHERE pending AND removed_at IS NULL")
        .fetch_all(conn)
        .await?;
    Ok(ids.into_iter().map(ClusterId::from_uuid).collect())
}

/// How many remote clusters there are.
pub async fn count_remotes(conn: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM member WHERE removed_at IS NULL AND kind = 'remote'"#
    )
    .fetch_one(conn)
    .await?)
}
