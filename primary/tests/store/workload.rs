//! What clusters report that they run, and when its images are forgotten.

use chrono::Utc;
use palisade_api::ClusterId;
use palisade_primary::store::Database;
use palisade_primary::store::workload::image::forget_unused;
use palisade_primary::store::workload::write::{Batch, BatchKind, apply};
use palisade_primary::store::workload::{Workload, forget_removed, held};
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::server::TestDatabase;

const DIGEST: [u8; 32] = [7; 32];

/// A part of all that a cluster runs, the `whole`th sending: a workload of each image,
/// which is named after it.
fn part(whole: i64, first: bool, last: bool, images: &[&str]) -> Batch {
    let workload = |image: &&str| Workload {
        id: (*image).to_owned(),
        name: (*image).to_owned(),
        namespace: String::new(),
        pod: String::new(),
        host: String::new(),
        image: (*image).to_owned(),
        image_id: String::new(),
        run_as_root: false,
        started_at: Utc::now(),
    };
    Batch {
        kind: BatchKind::Part { whole, first, last },
        digest: DIGEST.to_vec(),
        put: images.iter().map(workload).collect(),
        gone: Vec::new(),
        nodes: None,
    }
}

async fn begin(
    database: &Database,
    cluster: ClusterId,
    batch: &Batch,
) -> (PgTransaction<'static>, i64) {
    let mut tx = database.begin().await.unwrap();
    let held = apply(&mut tx, cluster, batch, Utc::now()).await.unwrap();
    (tx, held.workloads)
}

async fn report(database: &Database, cluster: ClusterId, batch: &Batch) -> i64 {
    let (tx, workloads) = begin(database, cluster, batch).await;
    tx.commit().await.unwrap();
    workloads
}

async fn forgotten(database: &Database) -> u64 {
    let mut tx = database.begin().await.unwrap();
    let forgotten = forget_unused(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    forgotten
}

#[tokio::test]
async fn an_image_is_kept_from_the_first_part_of_a_report_until_nobody_runs_it() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let cluster = ClusterId::from_uuid(Uuid::now_v7());
    assert_eq!(report(database, cluster, &part(1, true, false, &["menu:v1"])).await, 1);
    assert_eq!(forgotten(database).await, 0);
    assert_eq!(report(database, cluster, &part(1, false, true, &["till:v1"])).await, 2);
    let mut conn = database.acquire().await.unwrap();
    assert_eq!(held(&mut conn, cluster).await.unwrap().unwrap(), DIGEST);
    drop(conn);

    assert_eq!(report(database, cluster, &part(2, true, true, &["till:v1"])).await, 1);
    assert_eq!(forgotten(database).await, 1);
    assert_eq!(report(database, cluster, &part(3, true, true, &[])).await, 0);

    // Another cluster is about to run what is not run just now.
    let other = ClusterId::from_uuid(Uuid::now_v7());
    let (tx, _) = begin(database, other, &part(1, true, false, &["till:v1"])).await;
    assert_eq!(forgotten(database).await, 0);
    tx.commit().await.unwrap();
    assert_eq!(forgotten(database).await, 0);
    assert_eq!(report(database, other, &part(1, false, true, &[])).await, 1);
    assert_eq!(report(database, other, &part(2, true, true, &[])).await, 0);
    assert_eq!(forgotten(database).await, 1);
    test.stop().await;
}

#[tokio::test]
async fn an_image_that_is_reported_again_uses_up_no_number() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    for whole in 1..=5 {
        let cluster = ClusterId::from_uuid(Uuid::now_v7());
        report(database, cluster, &part(whole, true, true, &["menu:v1", "till:v1"])).await;
    }
    let cluster = ClusterId::from_uuid(Uuid::now_v7());
    report(database, cluster, &part(1, true, true, &["menu:v1", "orders:v1"])).await;
    let mut conn = database.acquire().await.unwrap();
    let numbers: Vec<i32> = sqlx::query_scalar("SELECT id FROM running_image ORDER BY name")
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    assert_eq!(numbers, [1, 3, 2]);
    drop(conn);
    test.stop().await;
}

#[tokio::test]
async fn a_cluster_that_left_is_forgotten_after_the_report_that_is_taken_just_now() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    // It is no member.
    let cluster = ClusterId::from_uuid(Uuid::now_v7());
    report(database, cluster, &part(1, true, true, &["menu:v1"])).await;
    let (tx, _) = begin(database, cluster, &part(2, true, true, &["till:v1"])).await;
    let mut conn = database.acquire().await.unwrap();
    assert_eq!(forget_removed(&mut conn).await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(forget_removed(&mut conn).await.unwrap(), 1);
    assert_eq!(held(&mut conn, cluster).await.unwrap(), None);
    drop(conn);
    test.stop().await;
}
