//! Backups of the whole database in one stream: consistent, packed, with a
//! digest at the end. Rows alone are in it, no statement: the schema of a
//! restored database comes from the migrations of this program.
//!
//! [`frame`] is the form of the stream, [`dump`] writes it, [`load`] reads it.

pub mod dump;
pub mod frame;
pub mod load;

use std::io;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::StoreError;

/// The form of the stream that this program writes and reads.
pub const FORMAT: u32 = 1;

/// What a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the stream.
    pub format: u32,
    /// Version of the program that wrote it.
    pub version: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Id of the primary.
    pub primary: Uuid,
    /// The newest revision of the federation.
    pub revision: i64,
    /// Numbers of the migrations that the database had.
    pub migrations: Vec<i64>,
    /// Days that events have a partition of.
    pub event_days: Vec<NaiveDate>,
    /// Sequences, and their last numbers.
    pub sequences: Vec<Sequence>,
}

/// A sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// Its name.
    pub name: String,
    /// The last number that it gave.
    pub last: i64,
}

/// The beginning of a table's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableHead {
    /// The table.
    pub name: String,
    /// The columns, in the order of the rows' values.
    pub columns: Vec<String>,
}

/// A backup that cannot be made or restored.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A migration failed.
    #[error(transparent)]
    Schema(#[from] super::migrate::SchemaError),
    /// The stream cannot be written or read.
    #[error("cannot write or read the backup: {0}")]
    Io(#[from] io::Error),
    /// What there is, is no backup.
    #[error("this is no backup, or a damaged one: {0}")]
    Malformed(String),
    /// Its end is missing.
    #[error("the backup is cut off: its end, with the digest, is missing")]
    CutOff,
    /// It differs from what was written.
    #[error("the backup is damaged: its digest does not fit its content")]
    Damaged,
    /// A later version wrote it.
    #[error("the backup is of {what}, which this palisade-primary does not know: use a later one")]
    Newer {
        /// What is not known.
        what: String,
    },
    /// The database has tables already.
    #[error(
        "the database is not empty: restore into a new data folder, or a new database \
         (--database-url)"
    )]
    NotEmpty,
    /// The task that reads or writes the stream is gone.
    #[error("the task that reads or writes the backup ended")]
    TaskEnded,
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A name in a statement.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quoted_list(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}
