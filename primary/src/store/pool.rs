//! Connections to the database.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool, PgTransaction, Postgres};

use super::Result;

/// How long a caller waits for a connection before the database counts as
/// unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long it may take to get a connection and a first answer on it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections of one replica. The embedded Postgres allows 60.
const MAX_CONNECTIONS: u32 = 24;

/// A connection that lay idle for longer is tried before it is handed out.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// Where the database is.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// For statements.
    pub connect: PgConnectOptions,
    /// For notifications and migrations, which a pooler between us and the
    /// database would break.
    pub direct: PgConnectOptions,
}

impl DatabaseConfig {
    /// The same connection for everything.
    pub fn new(connect: PgConnectOptions) -> Self {
        Self { direct: connect.clone(), connect }
    }
}

/// The database of the primary. Cloning shares the connections.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    direct: PgConnectOptions,
}

impl Database {
    /// Prepares connections without opening one: the database need not run.
    pub fn new(config: DatabaseConfig) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > TRUSTED_IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(bounded(config.connect));
        Self { pool, direct: bounded(config.direct) }
    }

    /// The pool itself, for `sqlx` executors outside a transaction.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection for statements that need no transaction.
    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.pool.acquire().await?)
    }

    /// Begins a transaction. It is rolled back when it is dropped.
    pub async fn begin(&self) -> Result<PgTransaction<'static>> {
        let pool = self.pool.clone();
        begun(async move { pool.begin().await }).await
    }

    /// Begins a read-only transaction that sees one state throughout.
    pub async fn begin_snapshot(&self) -> Result<PgTransaction<'static>> {
        let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let pool = self.pool.clone();
        begun(async move { pool.begin_with(begin).await }).await
    }

    /// Whether the database answers now.
    pub async fn ping(&self) -> Result<()> {
        in_time(async { self.pool.acquire().await?.ping().await }).await
    }

    /// How many connections are open, and how many of them idle.
    pub fn connections(&self) -> (u32, usize) {
        (self.pool.size(), self.pool.num_idle())
    }

    /// Opens the listener for notifications, on a connection of its own.
    pub async fn listen(&self) -> Result<PgListener> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with(self.direct.clone());
        Ok(PgListener::connect_with(&pool).await?)
    }

    /// Opens a connection past any pooler, for migrations.
    pub async fn connect_direct(&self) -> Result<PgConnection> {
        Ok(self.direct.connect().await?)
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Waits until a transaction has begun, in a task of its own. A caller that went
/// away between `BEGIN` and its answer, as the handler of a closed request does,
/// would leave the connection in the pool within a transaction that sqlx does not
/// count, and so never ends. The task lives until the database answers or the
/// connection breaks; what nobody waits for any more is rolled back.
async fn begun<F>(begin: F) -> Result<PgTransaction<'static>>
where
    F: Future<Output = Result<PgTransaction<'static>, sqlx::Error>> + Send + 'static,
{
    let task = tokio::spawn(begin);
    in_time(async { task.await.unwrap_or(Err(sqlx::Error::WorkerCrashed)) }).await
}

/// A database that hangs, instead of refusing, is unavailable as well.
async fn in_time<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T> {
    match tokio::time::timeout(ANSWER_TIMEOUT, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
    }
}

/// No statement, lock or forgotten transaction holds a connection for ever.
fn bounded(connect: PgConnectOptions) -> PgConnectOptions {
    connect.application_name("palisade-primary").options([
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "60s"),
    ])
}
