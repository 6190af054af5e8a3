//! Changes of a log: the only way in which objects are written.
//!
//! [`commit`] takes the next revision from the log's counter row, whose lock
//! serialises the writers, and writes the objects, the digest of the set, the
//! batch that replicas receive, the audit records and the notification in the
//! caller's transaction. So commit order is revision order, and whoever reads
//! the log sees whole changes without gaps.

mod commit;
mod write;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use palisade_api::kind::LogId;
use palisade_api::sync::{Batch, Parts};
use palisade_api::{Digest, Epoch, ObjectKind, Revision};
use palisade_policy::cluster::ClusterSelector;
use palisade_sync::Part;
use prost::Message as _;
use sqlx::{PgConnection, PgTransaction};

use super::{Result, StoreError};

pub use commit::commit;
pub(super) use commit::{Appended, append, shown};
pub(super) use write::Writing;

/// The channel of notifications; the payload is `log:revision` in decimal. A
/// notification may be lost: it wakes readers, the log tells what happened.
pub const CHANNEL: &str = "palisade_change";

/// What of [`MAX_ITEM_BYTES`] is for the fields beside name and payload.
const ITEM_OVERHEAD: usize = 64;

/// One object of a change to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewItem {
    /// The kind of the object.
    pub kind: ObjectKind,
    /// Its name, unique in its kind.
    pub name: String,
    /// What becomes of it.
    pub op: Op,
    /// Which clusters it is for.
    pub target: Target,
}

/// Which clusters an object is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// As before; a new one is for all.
    #[default]
    Keep,
    /// Those that are selected from now on.
    Set(ClusterSelector),
}

/// What becomes of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// It is created or replaced.
    Put(Bytes),
    /// It stays as it is. It must exist.
    Keep,
    /// It is deleted. It must exist.
    Delete,
}

impl NewItem {
    /// Creates or replaces an object.
    pub fn put(kind: ObjectKind, name: impl Into<String>, payload: impl Into<Bytes>) -> Self {
        Self { kind, name: name.into(), op: Op::Put(payload.into()), target: Target::Keep }
    }

    /// Lets an object, which must exist, be for other clusters.
    pub fn retarget(kind: ObjectKind, name: impl Into<String>, selector: ClusterSelector) -> Self {
        Self { kind, name: name.into(), op: Op::Keep, target: Target::Set(selector) }
    }

    /// Deletes an object, which must exist.
    pub fn delete(kind: ObjectKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), op: Op::Delete, target: Target::Keep }
    }
}

/// How far a log has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The life of the log that the revisions belong to.
    pub epoch: Epoch,
    /// The revision of the newest change.
    pub revision: Revision,
    /// Changes up to and including this revision are compacted away.
    pub floor: Revision,
    /// The newest change that concerned only some; zero before the first.
    pub targeted: Revision,
    /// Digest of the set of live objects.
    pub digest: Digest,
}

/// A committed change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its revision.
    pub revision: Revision,
    /// When its transaction began.
    pub at: DateTime<Utc>,
    /// The encoded [`Batch`] with `base` one below the revision: what of the
    /// change is for everybody.
    pub batch: Bytes,
    /// What of it is for some only: encoded [`Parts`], where there are any.
    pub parts: Option<Bytes>,
    /// Digest of the set of live objects after it.
    pub digest: Digest,
}

impl Change {
    /// The batch as a message.
    pub fn decode(&self) -> Result<Batch> {
        Batch::decode(self.batch.clone()).map_err(|e| {
            StoreError::inconsistent("change", format_args!("revision {}: {e}", self.revision))
        })
    }

    /// What of the change is for some only.
    pub fn decode_parts(&self) -> Result<Vec<Part>> {
        let wrong = |e: &dyn std::fmt::Display| {
            StoreError::inconsistent("change", format_args!("parts of {}: {e}", self.revision))
        };
        let Some(parts) = self.parts.clone() else { return Ok(Vec::new()) };
        let parts = Parts::decode(parts).map_err(|e| wrong(&e))?;
        Part::decode(parts).map_err(|e| wrong(&e))
    }
}

/// The changes after a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// The next changes in commit order without a gap; none at the head.
    Changes {
        /// The life of the log that they belong to.
        epoch: Epoch,
        /// The changes.
        changes: Vec<Change>,
    },
    /// Some of them are compacted away, or the revision lies beyond the head:
    /// only a snapshot helps.
    Unreachable(Head),
}

/// Waits until this transaction is the only one that writes the log, and says
/// how far the log has come. Take it before reading what a change depends on;
/// everything that other writers committed is visible afterwards.
pub async fn lock(tx: &mut PgTransaction<'_>, log: LogId) -> Result<Head> {
    let row = sqlx::query_as!(
        HeadRow,
        "SELECT epoch, revision, floor, targeted, digest FROM log WHERE id = $1 FOR UPDATE",
        log_column(log),
    )
    .fetch_one(&mut **tx)
    .await?;
    row.try_into()
}

/// How far the log has come.
pub async fn head(conn: &mut PgConnection, log: LogId) -> Result<Head> {
    let row = sqlx::query_as!(
        HeadRow,
        "SELECT epoch, revision, floor, targeted, digest FROM log WHERE id = $1",
        log_column(log),
    )
    .fetch_one(conn)
    .await?;
    row.try_into()
}

/// At most `limit` changes after the revision `after`.
pub async fn since(
    conn: &mut PgConnection,
    log: LogId,
    after: Revision,
    limit: u32,
) -> Result<Since> {
    let rows = sqlx::query!(
        "SELECT revision, at, batch, parts, digest FROM change
         WHERE log = $1 AND revision > $2 ORDER BY revision LIMIT $3",
        log_column(log),
        column_of(after),
        i64::from(limit),
    )
    .fetch_all(&mut *conn)
    .await?;
    // Read after the changes: compaction in between shows as a raised floor.
    let head = head(conn, log).await?;
    if after < head.floor || after > head.revision {
        return Ok(Since::Unreachable(head));
    }
    let mut changes = Vec::with_capacity(rows.len());
    let mut expected = after;
    for row in rows {
        expected = expected.next();
        let revision = revision_of(row.revision)?;
        if revision != expected {
            return Err(StoreError::inconsistent(
                "change",
                format_args!("revision {expected} of log {} is missing", log.number()),
            ));
        }
        let digest = Digest::try_from(row.digest.as_slice())
            .map_err(|e| StoreError::inconsistent("change", e))?;
        changes.push(Change {
            revision,
            at: row.at,
            batch: row.batch.into(),
            parts: row.parts.map(Bytes::from),
            digest,
        });
    }
    Ok(Since::Changes { epoch: head.epoch, changes })
}

/// Drops the changes made before `before`, and raises the floor of the log to
/// the newest of them. Returns how many were dropped.
pub async fn compact(tx: &mut PgTransaction<'_>, log: LogId, before: DateTime<Utc>) -> Result<u64> {
    let newest = sqlx::query_scalar!(
        "SELECT max(revision) FROM change WHERE log = $1 AND at < $2",
        log_column(log),
        before,
    )
    .fetch_one(&mut **tx)
    .await?;
    let Some(newest) = newest else { return Ok(0) };
    let dropped = sqlx::query!(
        "DELETE FROM change WHERE log = $1 AND revision <= $2",
        log_column(log),
        newest,
    )
    .execute(&mut **tx)
    .await?
    .rows_affected();
    let done = sqlx::query!(
        "UPDATE log SET floor = greatest(floor, $2) WHERE id = $1",
        log_column(log),
        newest,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != 1 {
        return Err(StoreError::inconsistent("log", "the counter row is missing"));
    }
    Ok(dropped)
}

struct HeadRow {
    epoch: uuid::Uuid,
    revision: i64,
    floor: i64,
    targeted: i64,
    digest: Vec<u8>,
}

impl TryFrom<HeadRow> for Head {
    type Error = StoreError;

    fn try_from(row: HeadRow) -> Result<Self> {
        Ok(Self {
            epoch: Epoch(row.epoch),
            revision: revision_of(row.revision)?,
            floor: revision_of(row.floor)?,
            targeted: revision_of(row.targeted)?,
            digest: Digest::try_from(row.digest.as_slice())
                .map_err(|e| StoreError::inconsistent("log", e))?,
        })
    }
}

pub(super) const fn log_column(log: LogId) -> i16 {
    log.number() as i16
}

pub(super) fn log_of(column: i16) -> Result<LogId> {
    u32::try_from(column)
        .ok()
        .and_then(LogId::from_number)
        .ok_or_else(|| StoreError::inconsistent("log", format_args!("id {column}")))
}

pub(super) const fn column_of(revision: Revision) -> i64 {
    revision.0 as i64
}

pub(super) fn revision_of(column: i64) -> Result<Revision> {
    u64::try_from(column)
        .map(Revision)
        .map_err(|_| StoreError::inconsistent("log", format_args!("revision {column}")))
}
