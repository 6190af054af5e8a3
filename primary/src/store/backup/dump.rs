//! Writing a backup.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use palisade_api::kind::LogId;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::mpsc;

use super::frame::{Frame, FrameKind, FrameWriter};
use super::{BackupError, FORMAT, Manifest, Sequence, TableHead, quoted, quoted_list};
use crate::store::{Database, StoreError, change, event, federation};

/// Frames that wait for the disk.
const QUEUE: usize = 16;
/// Rows are gathered up to so many bytes.
const GATHER: usize = 256 << 10;
/// What is read again where it is needed, is told anew by what comes back, or means
/// nothing later.
pub(super) const LEFT_OUT: [&str; 9] = [
    "_sqlx_migrations",
    "layer",
    "event_tally",
    "event_tally_namespace",
    "event_tally_image",
    "event_told",
    "event_kind",
    "event_namespace",
    "report_vulnerability",
];

/// What was written.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What the backup is of.
    pub manifest: Manifest,
    /// Tables.
    pub tables: usize,
    /// Rows.
    pub rows: u64,
}

/// Writes a backup of the whole database, as it is now, to `out`. Others go on
/// meanwhile. Gives back `out`.
pub async fn dump<W: Write + Send + 'static>(
    database: &Database,
    out: W,
    now: DateTime<Utc>,
) -> Result<(W, Summary), BackupError> {
    let (frames, queue) = mpsc::channel(QUEUE);
    let writing = tokio::task::spawn_blocking(move || write(out, queue));
    let read = read(database, &frames, now).await;
    drop(frames);
    let written = writing.await.map_err(|_| BackupError::TaskEnded)?;
    match (written, read) {
        // A disk that is full shows here first as a queue that is closed.
        (Ok(_) | Err(BackupError::TaskEnded), Err(error)) | (Err(error), _) => Err(error),
        (Ok(out), Ok(summary)) => Ok((out, summary)),
    }
}

/// Writes frames up to the one that asks for the digest. Without it the backup
/// stays without its end.
fn write<W: Write>(out: W, mut queue: mpsc::Receiver<Frame>) -> Result<W, BackupError> {
    let mut writer = FrameWriter::new(out)?;
    while let Some(frame) = queue.blocking_recv() {
        if frame.kind == FrameKind::Digest {
            return Ok(writer.finish()?);
        }
        writer.write(&frame)?;
    }
    Err(BackupError::TaskEnded)
}

async fn read(
    database: &Database,
    frames: &mpsc::Sender<Frame>,
    now: DateTime<Utc>,
) -> Result<Summary, BackupError> {
    let mut conn = database.connect_direct().await?;
    unbounded(&mut conn).await?;
    let mut tx =
        conn.begin_with("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let manifest = manifest(&mut tx, now).await?;
    send(frames, FrameKind::Manifest, json(&manifest)?).await?;
    let tables = tables(&mut tx).await?;
    let mut rows = 0;
    for table in &tables {
        send(frames, FrameKind::Table, json(table)?).await?;
        rows += copy(&mut tx, table, frames).await?;
    }
    send(frames, FrameKind::Digest, Bytes::new()).await?;
    Ok(Summary { manifest, tables: tables.len(), rows })
}

/// Lets the statements of a connection take as long as they need.
pub(super) async fn unbounded(conn: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::raw_sql(
        "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
         SET client_min_messages = warning",
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn manifest(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Manifest, StoreError> {
    // The table is that of the program which runs the migrations.
    let migrations = sqlx::query_scalar("SELECT version FROM _sqlx_migrations ORDER BY version")
        .fetch_all(&mut *conn)
        .await?;
    let sequences = sqlx::query_as!(
        Sequence,
        r#"SELECT sequencename::text AS "name!", last_value AS "last!" FROM pg_sequences
           WHERE schemaname = current_schema() AND last_value IS NOT NULL
           ORDER BY sequencename"#,
    )
    .fetch_all(&mut *conn)
    .await?;
    let partitions = event::partition::list(conn).await?;
    Ok(Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        primary: federation::get(conn).await?.cluster_id.as_uuid(),
        revision: change::column_of(change::head(conn, LogId::Federation).await?.revision),
        migrations,
        event_days: partitions.into_iter().map(|partition| partition.day).collect(),
        sequences,
    })
}

/// The tables, those first that others refer to.
async fn tables(conn: &mut PgConnection) -> Result<Vec<TableHead>, StoreError> {
    let columns = sqlx::query!(
        r#"SELECT class.relname::text AS "table!", attribute.attname::text AS "column!"
           FROM pg_class AS class
           JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
           WHERE class.relnamespace = current_schema()::regnamespace
             AND class.relkind IN ('r', 'p') AND NOT class.relispartition
             AND class.relname <> ALL ($1::text[])
             AND attribute.attnum > 0 AND NOT attribute.attisdropped
             AND attribute.attgenerated = ''
           ORDER BY class.relname, attribute.attnum"#,
        &LEFT_OUT.map(str::to_owned),
    )
    .fetch_all(&mut *conn)
    .await?;
    let references = sqlx::query!(
        r#"SELECT conrelid::regclass::text AS "from!", confrelid::regclass::text AS "to!"
           FROM pg_constraint WHERE contype = 'f'"#,
    )
    .fetch_all(conn)
    .await?;
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in columns {
        tables.entry(row.table).or_default().push(row.column);
    }
    // The name of a table that is a word of SQL comes in quotes.
    let bare = |name: String| name.trim_matches('"').to_owned();
    let references = references.into_iter().map(|row| (bare(row.from), bare(row.to))).collect();
    let order = in_order(tables.keys().cloned().collect(), &references);
    let head = |name: String| {
        let columns = tables.get(&name).cloned().unwrap_or_default();
        TableHead { name, columns }
    };
    Ok(order.into_iter().map(head).collect())
}

/// The names, each after those that it refers to. What refers to each other in
/// a circle comes as it is.
fn in_order(names: BTreeSet<String>, references: &BTreeSet<(String, String)>) -> Vec<String> {
    let mut order = Vec::with_capacity(names.len());
    let mut left = names;
    while !left.is_empty() {
        let ready = |name: &&String| {
            !references.iter().any(|(from, to)| from == *name && to != *name && left.contains(to))
        };
        let mut next: Vec<String> = left.iter().filter(ready).cloned().collect();
        if next.is_empty() {
            next = left.iter().cloned().collect();
        }
        for name in &next {
            left.remove(name);
        }
        order.extend(next);
    }
    order
}

/// Sends the rows of a table, and counts them.
async fn copy(
    conn: &mut PgConnection,
    table: &TableHead,
    frames: &mpsc::Sender<Frame>,
) -> Result<u64, BackupError> {
    let (name, columns) = (quoted(&table.name), quoted_list(&table.columns));
    let statement = format!("COPY (SELECT {columns} FROM {name}) TO STDOUT");
    let mut copied = conn.copy_out_raw(&statement).await?;
    let mut gathered = BytesMut::with_capacity(GATHER);
    let mut rows = 0;
    // Each piece is a row.
    while let Some(row) = copied.try_next().await? {
        rows += 1;
        gathered.extend_from_slice(&row);
        if gathered.len() >= GATHER {
            send(frames, FrameKind::Rows, gathered.split().freeze()).await?;
        }
    }
    if !gathered.is_empty() {
        send(frames, FrameKind::Rows, gathered.freeze()).await?;
    }
    Ok(rows)
}

fn json(value: &impl serde::Serialize) -> Result<Bytes, BackupError> {
    let json = serde_json::to_vec(value);
    Ok(json.map_err(|error| BackupError::Malformed(error.to_string()))?.into())
}

async fn send(
    frames: &mpsc::Sender<Frame>,
    kind: FrameKind,
    content: Bytes,
) -> Result<(), BackupError> {
    frames.send(Frame { kind, content }).await.map_err(|_| BackupError::TaskEnded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_refer_to_comes_first() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let references = BTreeSet::from(
            [("a", "b"), ("b", "c"), ("d", "d"), ("x", "y"), ("y", "x")]
                .map(|(from, to)| (from.to_owned(), to.to_owned())),
        );
        let order = in_order(names(&["a", "b", "c", "d"]), &references);
        assert_eq!(order, ["c", "d", "b", "a"]);
        assert_eq!(in_order(names(&["x", "y"]), &references), ["x", "y"]);
    }
}
