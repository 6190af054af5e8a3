//! Changes of a log: the only way in which objects are written.
//!
//! [`commit`] takes the next revision from the log's counter row, whose lock
//! serialises the writers, and writes the objects, the digest of the set, the
//! batch that replicas receive, the audit records and the notification in the
//! caller's transaction. So commit order is revision order, and whoever reads
//! the log sees whole changes without gaps.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use palisade_api::kind::LogId;
use palisade_api::sync::{Batch, Item};
use palisade_api::{Digest, Epoch, ObjectKind, Revision};
use palisade_sync::SetDigest;
use palisade_sync::frame::MAX_ITEM_BYTES;
use prost::Message as _;
use sqlx::{PgConnection, PgTransaction};

use super::object::{Row, kind_column};

use super::{Actor, Result, StoreError};

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
}

/// What becomes of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// It is created or replaced.
    Put(Bytes),
    /// It is deleted. It must exist.
    Delete,
}

impl NewItem {
    /// Creates or replaces an object.
    pub fn put(kind: ObjectKind, name: impl Into<String>, payload: impl Into<Bytes>) -> Self {
        Self { kind, name: name.into(), op: Op::Put(payload.into()) }
    }

    /// Deletes an object, which must exist.
    pub fn delete(kind: ObjectKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), op: Op::Delete }
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
    /// The encoded [`Batch`] with `base` one below the revision.
    pub batch: Bytes,
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
        "SELECT epoch, revision, floor, digest FROM log WHERE id = $1 FOR UPDATE",
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
        "SELECT epoch, revision, floor, digest FROM log WHERE id = $1",
        log_column(log),
    )
    .fetch_one(conn)
    .await?;
    row.try_into()
}

/// Makes one change of all `items` and returns its revision. Nothing is
/// visible to others, and nobody is notified, before the caller commits.
pub async fn commit(
    tx: &mut PgTransaction<'_>,
    log: LogId,
    actor: &Actor,
    items: &[NewItem],
) -> Result<Revision> {
    check(log, items)?;
    let head = lock(tx, log).await?;
    let revision = head.revision.next();
    let kinds: Vec<i32> = items.iter().map(|item| kind_column(item.kind)).collect();
    let names: Vec<String> = items.iter().map(|item| item.name.clone()).collect();

    let before = sqlx::query_as!(
        Row,
        "SELECT object.kind, object.name, object.revision, object.payload
         FROM object JOIN unnest($1::int[], $2::text[]) AS item (kind, name)
              ON object.kind = item.kind AND object.name = item.name",
        &kinds,
        &names,
    )
    .fetch_all(&mut **tx)
    .await?;
    let before: std::collections::HashMap<(i32, &str), &Row> =
        before.iter().map(|row| ((row.kind, row.name.as_str()), row)).collect();

    let mut digest = SetDigest::from(head.digest);
    let mut writing = Writing::default();
    let mut batch = Batch {
        log: log.number(),
        base: head.revision.0,
        revision: revision.0,
        items: Vec::with_capacity(items.len()),
        partial: false,
    };
    for item in items {
        let old = before.get(&(kind_column(item.kind), item.name.as_str())).copied();
        if let Some(old) = old {
            let at = revision_of(old.revision)?;
            digest.remove(item.kind.number(), &item.name, at, &old.payload);
        }
        let payload = match &item.op {
            Op::Put(payload) => {
                digest.add(item.kind.number(), &item.name, revision, payload);
                writing.put(item, payload);
                payload.clone()
            }
            Op::Delete if old.is_none() => {
                return Err(StoreError::ObjectMissing { kind: item.kind, name: item.name.clone() });
            }
            Op::Delete => {
                writing.delete(item);
                Bytes::new()
            }
        };
        if log == LogId::Federation {
            writing.audit(item, old.map(|old| old.payload.as_slice()));
        }
        batch.items.push(Item {
            kind: item.kind.number(),
            name: item.name.clone(),
            revision: revision.0,
            deleted: item.op == Op::Delete,
            payload,
        });
    }
    writing.write(tx, log, revision, actor).await?;

    let digest = Digest::from(digest);
    sqlx::query!(
        "INSERT INTO change (log, revision, actor, batch, digest) VALUES ($1, $2, $3, $4, $5)",
        log_column(log),
        column_of(revision),
        actor.name,
        batch.encode_to_vec(),
        digest.as_bytes().as_slice(),
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "UPDATE log SET revision = $2, digest = $3 WHERE id = $1 AND revision + 1 = $2",
        log_column(log),
        column_of(revision),
        digest.as_bytes().as_slice(),
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != 1 {
        return Err(StoreError::inconsistent("log", "the counter moved under its lock"));
    }
    sqlx::query!(
        r#"SELECT pg_notify($1, $2) AS "notified: ()""#,
        CHANNEL,
        format!("{}:{revision}", log.number()),
    )
    .execute(&mut **tx)
    .await?;
    Ok(revision)
}

/// At most `limit` changes after the revision `after`.
pub async fn since(
    conn: &mut PgConnection,
    log: LogId,
    after: Revision,
    limit: u32,
) -> Result<Since> {
    let rows = sqlx::query!(
        "SELECT revision, at, batch, digest FROM change
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
        changes.push(Change { revision, at: row.at, batch: row.batch.into(), digest });
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
    digest: Vec<u8>,
}

impl TryFrom<HeadRow> for Head {
    type Error = StoreError;

    fn try_from(row: HeadRow) -> Result<Self> {
        Ok(Self {
            epoch: Epoch(row.epoch),
            revision: revision_of(row.revision)?,
            floor: revision_of(row.floor)?,
            digest: Digest::try_from(row.digest.as_slice())
                .map_err(|e| StoreError::inconsistent("log", e))?,
        })
    }
}

fn check(log: LogId, items: &[NewItem]) -> Result<()> {
    let malformed = |text: String| Err(StoreError::MalformedChange(text));
    if items.is_empty() {
        return malformed("it has no items".to_owned());
    }
    let mut seen = std::collections::HashSet::with_capacity(items.len());
    for item in items {
        let what = item.kind.as_str();
        if item.kind.log() != log {
            return malformed(format!("the {what} {} is of another log", item.name));
        }
        if item.name.is_empty() || item.name.contains('\0') {
            return malformed(format!("{:?} cannot be the name of a {what}", item.name));
        }
        let payload = if let Op::Put(payload) = &item.op { payload.len() } else { 0 };
        if payload + item.name.len() + ITEM_OVERHEAD > MAX_ITEM_BYTES {
            return malformed(format!("the {what} {} is larger than can be sent", item.name));
        }
        if !seen.insert((item.kind, item.name.as_str())) {
            return malformed(format!("the {what} {} is in it twice", item.name));
        }
    }
    Ok(())
}

/// The rows of one change, gathered so that each table costs one statement.
#[derive(Default)]
struct Writing {
    put_kinds: Vec<i32>,
    put_names: Vec<String>,
    put_payloads: Vec<Vec<u8>>,
    delete_kinds: Vec<i32>,
    delete_names: Vec<String>,
    audit_actions: Vec<String>,
    audit_kinds: Vec<String>,
    audit_names: Vec<String>,
    audit_before: Vec<Option<Vec<u8>>>,
    audit_after: Vec<Option<Vec<u8>>>,
}

impl Writing {
    fn put(&mut self, item: &NewItem, payload: &Bytes) {
        self.put_kinds.push(kind_column(item.kind));
        self.put_names.push(item.name.clone());
        self.put_payloads.push(payload.to_vec());
    }

    fn delete(&mut self, item: &NewItem) {
        self.delete_kinds.push(kind_column(item.kind));
        self.delete_names.push(item.name.clone());
    }

    fn audit(&mut self, item: &NewItem, before: Option<&[u8]>) {
        let (action, after) = match (&item.op, before) {
            (Op::Put(payload), None) => ("create", Some(payload.to_vec())),
            (Op::Put(payload), Some(_)) => ("update", Some(payload.to_vec())),
            (Op::Delete, _) => ("delete", None),
        };
        self.audit_actions.push(action.to_owned());
        self.audit_kinds.push(item.kind.as_str().to_owned());
        self.audit_names.push(item.name.clone());
        self.audit_before.push(before.map(<[u8]>::to_vec));
        self.audit_after.push(after);
    }

    async fn write(
        &self,
        tx: &mut PgTransaction<'_>,
        log: LogId,
        revision: Revision,
        actor: &Actor,
    ) -> Result<()> {
        let inserted = sqlx::query!(
            "INSERT INTO object (kind, name, log, revision, payload)
             SELECT kind, name, $4, $5, payload
             FROM unnest($1::int[], $2::text[], $3::bytea[]) AS item (kind, name, payload)
             ON CONFLICT (kind, name) DO UPDATE
             SET revision = EXCLUDED.revision, payload = EXCLUDED.payload",
            &self.put_kinds,
            &self.put_names,
            &self.put_payloads,
            log_column(log),
            column_of(revision),
        )
        .execute(&mut **tx)
        .await?;
        let deleted = sqlx::query!(
            "DELETE FROM object USING unnest($1::int[], $2::text[]) AS item (kind, name)
             WHERE object.kind = item.kind AND object.name = item.name",
            &self.delete_kinds,
            &self.delete_names,
        )
        .execute(&mut **tx)
        .await?;
        let written = inserted.rows_affected() + deleted.rows_affected();
        if written != (self.put_names.len() + self.delete_names.len()) as u64 {
            return Err(StoreError::inconsistent("object", "an object moved under the lock"));
        }
        if self.audit_names.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "INSERT INTO audit (actor, source, action, kind, name, log, revision, before, after)
             SELECT $6, $7, action, kind, name, $8, $9,
                    convert_from(before, 'UTF8')::json, convert_from(after, 'UTF8')::json
             FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
                  AS item (action, kind, name, before, after)",
            &self.audit_actions,
            &self.audit_kinds,
            &self.audit_names,
            &self.audit_before as &[Option<Vec<u8>>],
            &self.audit_after as &[Option<Vec<u8>>],
            actor.name,
            actor.source,
            log_column(log),
            column_of(revision),
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
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
