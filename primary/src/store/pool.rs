//! Connections to the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_api::ClusterId;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool, PgTransaction, Postgres};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::servers::{self, Servers};
use super::{Result, StoreError};
use crate::shutdown::Shutdown;

/// How long a caller waits for a connection before the database counts as
/// unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a caller waits while the database answers others: it is busy then, and
/// not away.
const BUSY_PATIENCE: Duration = Duration::from_secs(20);

/// How long it may take to get a connection and a first answer on it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections of one replica. The embedded Postgres allows 60.
const MAX_CONNECTIONS: u32 = 24;

/// See [`plan_for_values`].
const PLANNING: &str = "SET LOCAL jit = off; SET LOCAL plan_cache_mode = force_custom_plan";

/// A connection that lay idle for longer is tried before it is handed out: the server may
/// have ended it, and a statement outside a transaction would fail for that. Where calls
/// follow each other faster, their own statements try the connections.
const TRUSTED_IDLE: Duration = Duration::from_millis(100);

/// Where the database is: on one server, or on one of several.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// For statements.
    pub connect: Vec<PgConnectOptions>,
    /// For notifications and migrations, where a pooler between us and the
    /// database would break those; the same where there is none.
    pub direct: Option<Vec<PgConnectOptions>>,
}

/// How long a caller waits for its turn while the database answers others, so that
/// a burst of calls is served and not refused.
struct Patience {
    until: Instant,
    /// Connections that may yet turn out to have been cut.
    others: u32,
    answered: Arc<Answered>,
}

impl Patience {
    /// The outcome of an attempt; none where another one is worth it.
    fn judge<T>(&mut self, attempt: Result<T>) -> Option<Result<T>> {
        match &attempt {
            Ok(_) => self.answered.now(),
            // Nothing was begun on it, and another one may be sound.
            Err(StoreError::Unavailable(error)) if self.others > 0 && was_cut(error) => {
                self.others -= 1;
                return None;
            }
            Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut))
                if Instant::now() < self.until && self.answered.lately() =>
            {
                return None;
            }
            Err(_) => {}
        }
        Some(attempt)
    }
}

/// Whether the server has ended a connection that was open: after its restart all are
/// that lay idle, and each tells of it only when it is used.
fn was_cut(error: &sqlx::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match error {
        sqlx::Error::Io(error) => {
            matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
        }
        // Terminated by an administrator.
        sqlx::Error::Database(error) => error.code().as_deref() == Some("57P01"),
        _ => false,
    }
}

impl DatabaseConfig {
    /// One server for everything.
    pub fn new(connect: PgConnectOptions) -> Self {
        Self { connect: vec![connect], direct: None }
    }
}

/// The database of the primary. Cloning shares the connections.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    connect: Arc<Servers>,
    direct: Arc<Servers>,
    answered: Arc<Answered>,
    /// The primary's own id among the clusters, once it was read.
    pub(super) cluster_id: Arc<OnceCell<ClusterId>>,
}

/// When the database gave somebody a connection last.
#[derive(Debug)]
struct Answered {
    epoch: Instant,
    milliseconds: AtomicU64,
}

impl Answered {
    fn now(&self) {
        let elapsed = u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.milliseconds.store(elapsed, Ordering::Relaxed);
    }

    fn lately(&self) -> bool {
        let at = Duration::from_millis(self.milliseconds.load(Ordering::Relaxed));
        self.epoch.elapsed().saturating_sub(at) < ACQUIRE_TIMEOUT
    }
}

impl Database {
    /// Prepares connections without opening one: the database need not run.
    pub fn new(config: DatabaseConfig) -> Self {
        let servers = |all: Vec<_>| Servers::new(all.into_iter().map(bounded).collect());
        let connect = servers(config.connect);
        let direct = config.direct.map_or_else(|| Arc::clone(&connect), servers);
        let (opened, kept) = (Arc::clone(&connect), Arc::clone(&connect));
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                let several = opened.several();
                Box::pin(async move {
                    if several && !servers::writable(connection).await {
                        let text = "the server of the database stands by".to_owned();
                        return Err(sqlx::Error::Protocol(text));
                    }
                    Ok(())
                })
            })
            .before_acquire(move |connection, meta| {
                let outlived = kept.outlived_by(meta.age);
                Box::pin(async move {
                    if !outlived && meta.idle_for > TRUSTED_IDLE {
                        connection.ping().await?;
                    }
                    Ok(!outlived)
                })
            })
            .connect_lazy_with(connect.present());
        let answered = Answered { epoch: Instant::now(), milliseconds: AtomicU64::new(0) };
        let (answered, cluster_id) = (Arc::new(answered), Arc::default());
        Self { pool, connect, direct, answered, cluster_id }
    }

    /// Looks, where the database may be on several servers, for the one that
    /// takes writes.
    pub async fn locate(&self) {
        for servers in [&self.connect, &self.direct] {
            if servers.several() && servers.find().await.is_none() {
                tracing::warn!("none of the servers of the database takes writes now");
            }
        }
        self.pool.set_connect_options(self.connect.present());
    }

    /// Follows the database to the server that takes over, until shutdown.
    pub fn follow(&self, shutdown: &Shutdown) {
        let mut followed = vec![Arc::clone(&self.connect)];
        if !Arc::ptr_eq(&self.connect, &self.direct) {
            followed.push(Arc::clone(&self.direct));
        }
        for servers in followed.into_iter().filter(|servers| servers.several()) {
            let (stop, database) = (shutdown.token().clone(), self.clone());
            shutdown.spawn("database-servers", async move {
                let moved = || database.pool.set_connect_options(database.connect.present());
                servers.follow(stop, moved).await;
            });
        }
    }

    /// The pool itself, for `sqlx` executors outside a transaction.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection for statements that need no transaction.
    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>> {
        let mut patience = self.patience();
        loop {
            let attempt = self.pool.acquire().await.map_err(StoreError::from);
            if let Some(outcome) = patience.judge(attempt) {
                return outcome;
            }
        }
    }

    /// Begins a transaction. It is rolled back when it is dropped.
    pub async fn begin(&self) -> Result<PgTransaction<'static>> {
        let mut patience = self.patience();
        loop {
            let pool = self.pool.clone();
            let attempt = begun(async move { pool.begin().await }).await;
            if let Some(outcome) = patience.judge(attempt) {
                return outcome;
            }
        }
    }

    /// Begins a read-only transaction that sees one state throughout.
    pub async fn begin_snapshot(&self) -> Result<PgTransaction<'static>> {
        let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut patience = self.patience();
        loop {
            let pool = self.pool.clone();
            let attempt = begun(async move { pool.begin_with(begin).await }).await;
            if let Some(outcome) = patience.judge(attempt) {
                return outcome;
            }
        }
    }

    fn patience(&self) -> Patience {
        Patience {
            until: Instant::now() + BUSY_PATIENCE,
            others: MAX_CONNECTIONS,
            answered: Arc::clone(&self.answered),
        }
    }

    /// Begins a transaction for a question that clients put together, see
    /// [`plan_for_values`]; no statement of it may take long.
    pub async fn begin_question(&self) -> Result<PgTransaction<'static>> {
        let mut tx = self.begin_snapshot().await?;
        let settings = format!("{PLANNING}; SET LOCAL statement_timeout = '20s'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(settings)).execute(&mut *tx).await?;
        Ok(tx)
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
            .connect_lazy_with(self.direct.present());
        Ok(PgListener::connect_with(&pool).await?)
    }

    /// Opens a connection past any pooler, for migrations.
    pub async fn connect_direct(&self) -> Result<PgConnection> {
        Ok(self.direct.present().connect().await?)
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Has the statements of the transaction planned for their values: with most of them
/// absent, a plan for any would read everything. To compile a statement would take many
/// times as long as it does.
pub async fn plan_for_values(tx: &mut PgTransaction<'_>) -> Result<()> {
    sqlx::raw_sql(PLANNING).execute(&mut **tx).await?;
    Ok(())
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
