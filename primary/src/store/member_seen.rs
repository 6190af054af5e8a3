//! What members were last heard of, and what they have acknowledged.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use palisade_api::kind::LogId;
use palisade_api::sync::{ObjectError, Position};
use palisade_api::{ClusterId, Epoch, Revision};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Result, StoreError};

/// What members have been heard of since the last time.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The member.
    pub id: ClusterId,
    /// When it was last heard of.
    pub at: DateTime<Utc>,
    /// The version that its agent names.
    pub version: String,
    /// What it has acknowledged.
    pub positions: Vec<Position>,
    /// The objects of the federation log that it could not put in force.
    pub errors: Vec<ObjectError>,
}

/// How far a member is in the federation log.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The revision that it has acknowledged.
    pub revision: Revision,
    /// When it did; none where it has acknowledged none.
    pub revision_at: Option<DateTime<Utc>>,
    /// When it was last heard of.
    pub seen_at: Option<DateTime<Utc>>,
    /// The objects that it could not put in force.
    pub errors: Vec<ObjectError>,
}

/// How far each cluster is in the federation log, as was written down last.
pub async fn progress(conn: &mut PgConnection) -> Result<BTreeMap<ClusterId, Progress>> {
    let rows = sqlx::query!(
        r#"SELECT id, last_seen_at, revision AS "revision?", at AS "at?",
                  errors AS "errors?: Json<Vec<StoredError>>"
           FROM member LEFT JOIN member_position ON member_id = id AND log = 1
           WHERE removed_at IS NULL AND kind <> 'scanner'"#,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let errors = row.errors.map(|errors| errors.0).unwrap_or_default();
            let progress = Progress {
                revision: super::change::revision_of(row.revision.unwrap_or_default())?,
                revision_at: row.at,
                seen_at: row.last_seen_at,
                errors: errors.into_iter().map(Into::into).collect(),
            };
            Ok((ClusterId::from_uuid(row.id), progress))
        })
        .collect()
}

/// An error of an object as the database has it.
#[derive(Debug, Serialize, Deserialize)]
struct StoredError {
    kind: u32,
    name: String,
    revision: u64,
    code: u32,
    text: String,
    /// Absent where it was stored by an older version.
    #[serde(default)]
    field: String,
}

impl From<StoredError> for ObjectError {
    fn from(stored: StoredError) -> Self {
        let StoredError { kind, name, revision, code, text, field } = stored;
        Self { kind, name, revision, code, text, field }
    }
}

impl From<&ObjectError> for StoredError {
    fn from(error: &ObjectError) -> Self {
        Self {
            kind: error.kind,
            name: error.name.clone(),
            revision: error.revision,
            code: error.code,
            text: error.text.clone(),
            field: error.field.clone(),
        }
    }
}

/// Records what members have been heard of, in two statements for all of them. A member
/// may have gone from one replica to another: each takes them in the order of their ids.
pub async fn record(conn: &mut PgConnection, seen: &[Seen]) -> Result<()> {
    let ids: Vec<Uuid> = seen.iter().map(|s| s.id.as_uuid()).collect();
    let at: Vec<DateTime<Utc>> = seen.iter().map(|s| s.at).collect();
    let versions: Vec<String> = seen.iter().map(|s| s.version.clone()).collect();
    // A member that was removed meanwhile is passed over.
    sqlx::query!(
        "UPDATE member
         SET last_seen_at = greatest(last_seen_at, seen.at),
             version = CASE seen.version WHEN '' THEN member.version ELSE seen.version END
         FROM (SELECT heard.* FROM member
               JOIN unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS heard (id, at, version)
                    USING (id)
               WHERE removed_at IS NULL
               ORDER BY id FOR NO KEY UPDATE OF member) AS seen
         WHERE member.id = seen.id",
        &ids,
        &at,
        &versions,
    )
    .execute(&mut *conn)
    .await?;
    let mut columns = PositionColumns::default();
    for seen in seen {
        for position in &seen.positions {
            columns.push(seen, position)?;
        }
    }
    sqlx::query!(
        "INSERT INTO member_position (member_id, log, epoch, revision, digest, at, errors)
         SELECT seen.member_id, seen.log, seen.epoch, seen.revision, seen.digest, seen.at,
                seen.errors::json
         FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::bigint[], $5::bytea[],
                     $6::timestamptz[], $7::text[])
                   AS seen (member_id, log, epoch, revision, digest, at, errors)
         JOIN member ON member.id = seen.member_id
         LEFT JOIN member_position AS known
              ON known.member_id = seen.member_id AND known.log = seen.log
         -- Who comes back tells what is known: that is not written again.
         WHERE (known.epoch, known.revision, known.digest, known.errors::text)
               IS DISTINCT FROM (seen.epoch, seen.revision, seen.digest, seen.errors)
         ORDER BY seen.member_id, seen.log
         ON CONFLICT ON CONSTRAINT member_position_pkey DO UPDATE
         SET epoch = excluded.epoch, revision = excluded.revision, digest = excluded.digest,
             at = excluded.at, errors = excluded.errors",
        &columns.members,
        &columns.logs,
        &columns.epochs,
        &columns.revisions,
        &columns.digests,
        &columns.at,
        &columns.errors,
    )
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(Default)]
struct PositionColumns {
    members: Vec<Uuid>,
    logs: Vec<i16>,
    epochs: Vec<Uuid>,
    revisions: Vec<i64>,
    digests: Vec<Vec<u8>>,
    at: Vec<DateTime<Utc>>,
    errors: Vec<String>,
}

impl PositionColumns {
    /// Positions of logs that this version does not know are passed over.
    fn push(&mut self, seen: &Seen, position: &Position) -> Result<()> {
        let Some(log) = LogId::from_number(position.log) else { return Ok(()) };
        let errors: Vec<StoredError> = match log {
            LogId::Federation => seen.errors.iter().map(Into::into).collect(),
            LogId::Verdicts => Vec::new(),
        };
        let errors =
            serde_json::to_string(&errors).map_err(|e| StoreError::inconsistent("member", e))?;
        let Ok(log) = i16::try_from(log.number()) else { return Ok(()) };
        self.errors.push(errors);
        self.members.push(seen.id.as_uuid());
        self.logs.push(log);
        self.epochs.push(Epoch::from_wire(&position.epoch).0);
        self.revisions.push(i64::try_from(position.revision).unwrap_or(i64::MAX));
        self.digests.push(position.digest.to_vec());
        self.at.push(seen.at);
        Ok(())
    }
}
