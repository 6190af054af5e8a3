//! A database that hangs or is away is unavailable, and comes back by itself.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use palisade_api::kind::LogId;
use palisade_primary::store::{Database, StoreError, change};

use crate::server::{PATIENCE, TestDatabase, servers};

fn signal_all(test: &TestDatabase, signal: Signal) {
    for pid in servers(test.dir.path()) {
        kill(Pid::from_raw(pid), signal).unwrap();
    }
}

async fn lock(database: &Database) -> Result<(), StoreError> {
    let mut tx = database.begin().await?;
    change::lock(&mut tx, LogId::Federation).await?;
    tx.commit().await?;
    Ok(())
}

#[tokio::test]
async fn a_hanging_database_is_unavailable_until_it_answers_again() {
    let test = TestDatabase::start().await;
    lock(&test.database).await.unwrap();
    signal_all(&test, Signal::SIGSTOP);
    let answers = async {
        for _ in 0..2 {
            let error = lock(&test.database).await.unwrap_err();
            assert!(error.is_unavailable(), "{error}");
            let error = test.database.ping().await.unwrap_err();
            assert!(error.is_unavailable(), "{error}");
        }
    };
    let answered = tokio::time::timeout(PATIENCE, answers).await;
    signal_all(&test, Signal::SIGCONT);
    answered.unwrap();
    let back = async {
        while lock(&test.database).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, back).await.unwrap();
    test.stop().await;
}

/// Whoever begins finds a sound connection, however many of those that lay idle are none.
#[tokio::test]
async fn connections_that_were_cut_while_they_lay_idle_are_nobodys_error() {
    let test = TestDatabase::start().await;
    let mut open = Vec::new();
    for _ in 0..6 {
        open.push(test.database.acquire().await.unwrap());
    }
    drop(open);
    let other = Database::new(test.server.config());
    let cut: i64 = sqlx::query_scalar(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
           AND backend_type = 'client backend'",
    )
    .fetch_one(&mut *other.acquire().await.unwrap())
    .await
    .unwrap();
    assert!(cut >= 6, "{cut} connections were cut");
    lock(&test.database).await.unwrap();
    other.close().await;
    test.stop().await;
}
