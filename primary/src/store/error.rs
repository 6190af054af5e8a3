//! What can go wrong between the primary and its database.

use palisade_api::ObjectKind;
use thiserror::Error;

/// The result of a store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A failed store function.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database does not answer, or refuses work for now. Nothing was
    /// committed unless the connection broke during the commit itself.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A statement would have broken the named constraint.
    #[error("the constraint {name} forbids the change")]
    Constraint {
        /// The constraint's name in the schema.
        name: String,
    },
    /// A value has a NUL, which no text of the database can have.
    #[error("a text has a NUL: {0}")]
    Nul(#[source] sqlx::Error),
    /// Two transactions stood in each other's way; the same one may succeed
    /// when it is tried again.
    #[error("a concurrent transaction was in the way: {0}")]
    Conflict(#[source] sqlx::Error),
    /// An object to delete does not exist.
    #[error("no {kind:?} is named {name}")]
    ObjectMissing {
        /// The kind of the object.
        kind: ObjectKind,
        /// The name of the object.
        name: String,
    },
    /// A change that is malformed in itself: empty, an object twice, an object
    /// of another log.
    #[error("malformed change: {0}")]
    MalformedChange(String),
    /// A row that the program cannot have written.
    #[error("inconsistent data in {table}: {detail}")]
    Inconsistent {
        /// The table of the row.
        table: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// Any other failure: a fault of the program or the schema.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the database could not be used, so that the caller should be
    /// told to try again later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// The name of the constraint that forbade the change.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Constraint { name } => Some(name),
            _ => None,
        }
    }

    /// A row that the program cannot have written.
    pub fn inconsistent(table: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Inconsistent { table, detail: detail.to_string() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_)
            | E::Tls(_)
            | E::PoolTimedOut
            | E::PoolClosed
            | E::WorkerCrashed
            | E::Protocol(_) => Self::Unavailable(error),
            E::Database(database) => {
                if let Some(name) = database.constraint() {
                    return Self::Constraint { name: name.to_owned() };
                }
                match database.code().as_deref() {
                    // Serialisation failure, deadlock, lock not available.
                    Some("40001" | "40P01" | "55P03") => Self::Conflict(error),
                    Some(code) if refuses_work(code) => Self::Unavailable(error),
                    Some(code) if has_nul(code) => Self::Nul(error),
                    _ => Self::Database(error),
                }
            }
            _ => Self::Database(error),
        }
    }
}

/// SQLSTATEs of a database that is there but cannot be written now: connection
/// failures, too many connections or a full disk, shutdown and start, a
/// statement out of time, and a standby that took over.
fn refuses_work(code: &str) -> bool {
    code.starts_with("08")
        || code.starts_with("53")
        || matches!(code, "57P01" | "57P02" | "57P03" | "57P05" | "57014" | "25006")
}

/// SQLSTATEs of a text with a NUL: as it is, and in JSON.
fn has_nul(code: &str) -> bool {
    matches!(code, "22021" | "22P05")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_shuts_down_is_unavailable() {
        for code in ["57P01", "57P03", "08006", "53300", "25006"] {
            assert!(refuses_work(code), "{code}");
        }
        for code in ["23505", "42P01", "22P02"] {
            assert!(!refuses_work(code), "{code}");
        }
    }

    #[test]
    fn a_pool_without_connections_is_unavailable() {
        assert!(StoreError::from(sqlx::Error::PoolTimedOut).is_unavailable());
        assert!(!StoreError::from(sqlx::Error::RowNotFound).is_unavailable());
    }
}
