//! What was acknowledged survives a crash of Postgres at any moment, and the
//! log is whole afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use palisade_api::kind::LogId;
use palisade_api::{ObjectKind, Revision};
use palisade_primary::store::change::{self, NewItem, Since};
use palisade_primary::store::embedded::{Embedded, Options};
use palisade_primary::store::{Actor, Database, StoreError, migrate, object};
use palisade_sync::SetDigest;

use crate::server::{PATIENCE, eventually, postmaster};

const LOG: LogId = LogId::Federation;

async fn write(database: &Database, n: u64) -> Result<Revision, StoreError> {
    let mut tx = database.begin().await?;
    let item = NewItem::put(ObjectKind::Group, format!("fed.{n}"), format!("{{\"n\":{n}}}"));
    let revision = change::commit(&mut tx, LOG, &Actor::system(), &[item]).await?;
    tx.commit().await?;
    Ok(revision)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_change_survives_a_crash_of_postgres() {
    let dir = tempfile::tempdir().unwrap();
    let server = Embedded::start(dir.path(), Options { fsync: true, share: false }).await.unwrap();
    let database = Database::new(server.config());
    migrate::run(&database).await.unwrap();

    let acknowledged = Arc::new(AtomicU64::new(0));
    for round in 1..=3 {
        let stop = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn({
            let (database, acknowledged) = (database.clone(), acknowledged.clone());
            let stop = stop.clone();
            async move {
                loop {
                    if stop.load(Ordering::SeqCst) {
                        return None;
                    }
                    let n = acknowledged.load(Ordering::SeqCst) + 1;
                    // A write whose answer was lost is the same write again.
                    match write(&database, n).await {
                        Ok(_) => acknowledged.store(n, Ordering::SeqCst),
                        Err(error) => return Some(error),
                    }
                }
            }
        });
        let enough = round * 25;
        eventually("some writes", || acknowledged.load(Ordering::SeqCst) >= enough).await;
        let killed = postmaster(dir.path()).unwrap();
        kill(Pid::from_raw(killed), Signal::SIGKILL).unwrap();
        let another = || postmaster(dir.path()).is_some_and(|pid| pid != killed);
        eventually("another server", another).await;
        // Who was between two writes connects again and notices nothing.
        stop.store(true, Ordering::SeqCst);
        let error = tokio::time::timeout(PATIENCE, writer).await.unwrap().unwrap();
        assert!(error.as_ref().is_none_or(StoreError::is_unavailable), "{error:?}");
        let back = async {
            while database.ping().await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, back).await.unwrap();
    }

    let mut conn = database.acquire().await.unwrap();
    let names = object::list_names(&mut conn, ObjectKind::Group).await.unwrap();
    for n in 1..=acknowledged.load(Ordering::SeqCst) {
        assert!(names.contains(&format!("fed.{n}")), "write {n} is lost");
    }
    let head = change::head(&mut conn, LOG).await.unwrap();
    let since = change::since(&mut conn, LOG, Revision::ZERO, 100_000).await.unwrap();
    let Since::Changes { changes, .. } = since else { panic!("the log has a floor: {since:?}") };
    assert_eq!(changes.len() as u64, head.revision.0);
    let mut digest = SetDigest::EMPTY;
    for object in object::page(&mut conn, LOG, None, 100_000).await.unwrap() {
        digest.add(object.kind, &object.name, object.revision, &object.payload);
    }
    assert_eq!(head.digest, digest.into());
    drop(conn);
    database.close().await;
    server.stop().await;
}
