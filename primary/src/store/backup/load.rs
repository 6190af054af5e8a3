//! Reading a backup into an empty database, as a whole or not at all.

use std::collections::BTreeSet;
use std::io::Read;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sqlx::{Connection as _, PgConnection, PgTransaction};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::dump::{LEFT_OUT, unbounded};
use super::frame::{Frame, FrameKind, FrameReader};
use super::{BackupError, FORMAT, Manifest, TableHead, quoted, quoted_list};
use crate::store::{StoreError, event, migrate};

/// Frames that wait for the database.
const QUEUE: usize = 16;

/// The frames of a backup, read on a thread of their own.
#[derive(Debug)]
pub struct Frames(mpsc::Receiver<Result<Frame, BackupError>>);

impl Frames {
    /// Reads `input`.
    pub fn of<R: Read + Send + 'static>(input: R) -> Self {
        let (frames, queue) = mpsc::channel(QUEUE);
        tokio::task::spawn_blocking(move || {
            let mut reader = match FrameReader::new(input) {
                Ok(reader) => reader,
                Err(error) => return drop(frames.blocking_send(Err(error.into()))),
            };
            loop {
                let next = reader.read().transpose();
                let Some(next) = next else { return };
                let failed = next.is_err();
                // Whoever reads may have given up.
                if frames.blocking_send(next).is_err() || failed {
                    return;
                }
            }
        });
        Self(queue)
    }

    async fn next(&mut self) -> Result<Option<Frame>, BackupError> {
        self.0.recv().await.transpose()
    }
}

/// Reads a backup to its end and says what it is of.
pub async fn check(mut frames: Frames) -> Result<Manifest, BackupError> {
    let manifest = manifest(&mut frames).await?;
    while frames.next().await?.is_some() {}
    Ok(manifest)
}

/// What manifests of all forms say.
#[derive(Deserialize)]
struct Form {
    format: u32,
}

/// Reads the manifest, which must be of a form and a schema that is known.
async fn manifest(frames: &mut Frames) -> Result<Manifest, BackupError> {
    let first = frames.next().await?;
    let Some(Frame { kind: FrameKind::Manifest, content: manifest }) = first else {
        return Err(BackupError::Malformed("it does not begin with a manifest".to_owned()));
    };
    let Form { format } = parse(&manifest)?;
    if format != FORMAT {
        return Err(BackupError::Newer { what: format!("the form {format}") });
    }
    let manifest: Manifest = parse(&manifest)?;
    if let Some(version) = migrate::unknown(&manifest.migrations) {
        return Err(BackupError::Newer { what: format!("a schema with migration {version:04}") });
    }
    Ok(manifest)
}

/// Fills the empty database of `tx` with a backup. Its schema is that of the
/// backup afterwards. Commit, when all is as it should be.
pub async fn load(
    tx: &mut PgTransaction<'_>,
    mut frames: Frames,
    now: DateTime<Utc>,
) -> Result<Manifest, BackupError> {
    let manifest = manifest(&mut frames).await?;
    if !is_empty(tx).await? {
        return Err(BackupError::NotEmpty);
    }
    migrate::up_to(tx, &manifest.migrations).await?;
    let tables = tables(tx).await?;
    let all: Vec<String> = tables.iter().cloned().collect();
    // Migrations put rows in.
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("TRUNCATE {}", quoted_list(&all))))
        .execute(&mut **tx)
        .await?;
    for day in &manifest.event_days {
        event::partition::create(tx, *day).await?;
    }
    rows(tx, &tables, &mut frames).await?;
    for sequence in &manifest.sequences {
        sqlx::query_scalar!(
            r#"SELECT setval(quote_ident($1)::regclass, $2) AS "set!""#,
            sequence.name,
            sequence.last,
        )
        .fetch_one(&mut **tx)
        .await?;
    }
    another_life(tx, now).await?;
    Ok(manifest)
}

async fn rows(
    conn: &mut PgConnection,
    tables: &BTreeSet<String>,
    frames: &mut Frames,
) -> Result<(), BackupError> {
    let mut next = frames.next().await?;
    while let Some(Frame { kind, content }) = next {
        if kind != FrameKind::Table {
            return Err(BackupError::Malformed("rows of no table".to_owned()));
        }
        let head: TableHead = parse(&content)?;
        if !tables.contains(&head.name) {
            let text =
                format!("there is no table {:?}", head.name.chars().take(64).collect::<String>());
            return Err(BackupError::Malformed(text));
        }
        // Who made the backup beside a newer program may not have known what is told anew: twice
        // it would not come in.
        if LEFT_OUT.contains(&head.name.as_str()) {
            next = behind_rows(frames).await?;
            continue;
        }
        let (name, columns) = (quoted(&head.name), quoted_list(&head.columns));
        let mut copying = conn.copy_in_raw(&format!("COPY {name} ({columns}) FROM STDIN")).await?;
        next = loop {
            match frames.next().await {
                Ok(Some(Frame { kind: FrameKind::Rows, content })) => {
                    copying.send(content).await.map_err(refused)?;
                }
                Ok(other) => break other,
                Err(error) => {
                    copying.abort("the backup cannot be read").await?;
                    return Err(error);
                }
            }
        };
        copying.finish().await.map_err(refused)?;
    }
    Ok(())
}

/// Passes over rows, and gives what is behind them.
async fn behind_rows(frames: &mut Frames) -> Result<Option<Frame>, BackupError> {
    loop {
        match frames.next().await? {
            Some(Frame { kind: FrameKind::Rows, .. }) => {}
            other => return Ok(other),
        }
    }
}

/// Rows that the database cannot take were not written so: what they say or what they
/// refer to is wrong.
fn refused(error: sqlx::Error) -> BackupError {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    if code.is_some_and(|code| code.starts_with("22") || code.starts_with("23")) {
        return BackupError::Malformed(error.to_string());
    }
    error.into()
}

/// Begins another life of the logs: members that hold revisions of the one
/// that was lost get everything anew. What lets in or proves a login does not
/// come back: it may have been used up or revoked since.
async fn another_life(tx: &mut PgTransaction<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!("UPDATE log SET epoch = $1", Uuid::new_v4()).execute(&mut **tx).await?;
    sqlx::query!("UPDATE token SET revoked_at = $1 WHERE revoked_at IS NULL", now)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("DELETE FROM session").execute(&mut **tx).await?;
    Ok(())
}

async fn is_empty(conn: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(tables(conn).await?.is_empty())
}

async fn tables(conn: &mut PgConnection) -> Result<BTreeSet<String>, StoreError> {
    let names = sqlx::query_scalar!(
        r#"SELECT relname::text AS "name!" FROM pg_class
           WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
             AND NOT relispartition AND relname <> '_sqlx_migrations'"#,
    )
    .fetch_all(conn)
    .await?;
    Ok(names.into_iter().collect())
}

fn parse<T: DeserializeOwned>(json: &Bytes) -> Result<T, BackupError> {
    serde_json::from_slice(json).map_err(|error| BackupError::Malformed(error.to_string()))
}

/// Opens a connection that waits as long as it needs.
pub async fn connect(database: &crate::store::Database) -> Result<PgConnection, BackupError> {
    let mut conn = database.connect_direct().await?;
    unbounded(&mut conn).await?;
    Ok(conn)
}

/// Closes a connection after all is done.
pub async fn close(conn: PgConnection) -> Result<(), BackupError> {
    Ok(conn.close().await?)
}
