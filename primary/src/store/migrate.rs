//! Brings the schema of the database up to what the program was built with.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Connection as _, PgConnection, PgTransaction};
use thiserror::Error;

use super::{Database, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// The advisory lock that one migrating replica holds.
const LOCK: i64 = 0x5041_4c49_5341_4445;

/// The oldest major version of Postgres that will do.
const OLDEST: i32 = 15;

/// How often a replica that waits for another one's migration looks again.
const RETRY: Duration = Duration::from_millis(200);

/// How long it waits before it gives up.
const PATIENCE: Duration = Duration::from_mins(5);

/// How long whoever was in a migration's way goes on before it is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// A schema that could not be brought up to date.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server is older than the statements need.
    #[error("the database server is Postgres {major}: version {OLDEST} or later is needed")]
    TooOld {
        /// Its major version.
        major: i32,
    },
    /// The database has migrations that this program cannot work with.
    #[error(
        "the database was migrated by a newer palisade-primary (a program must know migration \
         {floor:04} to work with it): start that version or a later one, or restore a backup \
         made before it"
    )]
    Newer {
        /// The migration that a program must know.
        floor: i64,
    },
    /// A migration that ran is not the one this program knows.
    #[error(
        "migration {version:04} in the database differs from the one this program was built with"
    )]
    Altered {
        /// The number of the migration.
        version: i64,
    },
    /// Another replica held the lock for too long.
    #[error("another replica has been migrating the database for {} minutes", PATIENCE.as_secs() / 60)]
    Locked,
    /// A migration failed and was rolled back.
    #[error("a migration failed: {0}")]
    Failed(#[source] MigrateError),
}

/// Runs the migrations that the database does not have yet, under a lock that
/// only one replica holds. The lock is tried in a loop: a replica that blocked
/// on it would hold a transaction open, which some migrations cannot bear.
pub async fn run(database: &Database) -> Result<(), SchemaError> {
    let mut conn = database.connect_direct().await?;
    let major = sqlx::query_scalar!(
        r#"SELECT current_setting('server_version_num')::int / 10000 AS "major!""#
    )
    .fetch_one(&mut conn)
    .await
    .map_err(StoreError::from)?;
    if major < OLDEST {
        return Err(SchemaError::TooOld { major });
    }
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !try_lock(&mut conn).await? {
        if tokio::time::Instant::now() > deadline {
            return Err(SchemaError::Locked);
        }
        tokio::time::sleep(RETRY).await;
    }
    let outcome = apply_patiently(&mut conn).await;
    // The lock ends with the connection.
    conn.close().await.map_err(StoreError::from)?;
    outcome
}

/// The first of `migrations` that this program does not know.
pub fn unknown(migrations: &[i64]) -> Option<i64> {
    migrations.iter().copied().find(|version| !MIGRATIONS.version_exists(*version))
}

/// Makes the schema that a database with just these migrations has, in the
/// transaction.
pub async fn up_to(tx: &mut PgTransaction<'_>, migrations: &[i64]) -> Result<(), SchemaError> {
    let wanted = MIGRATIONS.iter().filter(|one| migrations.contains(&one.version)).cloned();
    let mut migrator = Migrator::with_migrations(wanted.collect());
    migrator.set_locking(false);
    migrator.run(&mut **tx).await.map_err(SchemaError::from)
}

async fn try_lock(conn: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1) AS "locked!""#, LOCK)
        .fetch_one(conn)
        .await?)
}

/// Tries a migration again that cannot get a lock because of a replica that runs: it left
/// nothing behind, and those before it stay.
async fn apply_patiently(conn: &mut PgConnection) -> Result<(), SchemaError> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut told = false;
    loop {
        match apply(conn).await {
            Err(error) if error.is_conflict() && tokio::time::Instant::now() < deadline => {
                if !told {
                    tracing::warn!(%error, "a migration is tried again until others let it");
                    told = true;
                }
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

async fn apply(conn: &mut PgConnection) -> Result<(), SchemaError> {
    // A migration may take longer than any other statement may.
    for setting in ["SET statement_timeout = 0", "SET client_min_messages = warning"] {
        sqlx::query(setting).execute(&mut *conn).await.map_err(StoreError::from)?;
    }
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
    migrator.set_locking(false);
    let known = migrator.iter().map(|migration| migration.version).max().unwrap_or_default();
    if let Some(floor) = floor(conn).await? {
        if floor > known {
            return Err(SchemaError::Newer { floor });
        }
        // Newer replicas run beside this one: what they migrated works with it.
        migrator.set_ignore_missing(true);
    }
    migrator.run(conn).await.map_err(SchemaError::from)
}

impl SchemaError {
    /// Whether the transaction of somebody else was in the way.
    fn is_conflict(&self) -> bool {
        match self {
            Self::Store(error) => matches!(error, StoreError::Conflict(_)),
            Self::Failed(MigrateError::ExecuteMigration(sqlx::Error::Database(error), _)) => {
                // Deadlock, lock not available.
                matches!(error.code().as_deref(), Some("40P01" | "55P03"))
            }
            _ => false,
        }
    }
}

impl From<MigrateError> for SchemaError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer { floor: version },
            MigrateError::VersionMismatch(version) => Self::Altered { version },
            MigrateError::Execute(error) => Self::Store(error.into()),
            other => Self::Failed(other),
        }
    }
}

/// The migration that programs must know to work with the schema; none before
/// the first one that tells.
async fn floor(conn: &mut PgConnection) -> Result<Option<i64>, StoreError> {
    let tells =
        sqlx::query_scalar!(r#"SELECT to_regclass('schema_floor') IS NOT NULL AS "tells!""#)
            .fetch_one(&mut *conn)
            .await?;
    if !tells {
        return Ok(None);
    }
    Ok(sqlx::query_scalar!("SELECT migration FROM schema_floor").fetch_optional(conn).await?)
}
