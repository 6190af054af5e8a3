//! Migrations: once, together, and never backwards.

use palisade_primary::store::migrate::{self, SchemaError};

use crate::repository_image::somebody_waits;
use crate::server::TestDatabase;

#[tokio::test]
async fn replicas_that_start_together_migrate_once() {
    let test = TestDatabase::unmigrated().await;
    let (one, two) = tokio::join!(migrate::run(&test.database), migrate::run(&test.database));
    one.unwrap();
    two.unwrap();
    migrate::run(&test.database).await.unwrap();
    test.stop().await;
}

#[tokio::test]
async fn a_program_goes_on_beside_a_newer_one_until_that_forbids_it() {
    let test = TestDatabase::start().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', true, ''::bytea, 0)",
    )
    .execute(test.database.pool())
    .await
    .unwrap();
    migrate::run(&test.database).await.unwrap();
    sqlx::query("UPDATE schema_floor SET migration = 9999")
        .execute(test.database.pool())
        .await
        .unwrap();
    let error = migrate::run(&test.database).await.unwrap_err();
    assert!(matches!(error, SchemaError::Newer { floor: 9999 }), "{error}");
    test.stop().await;
}

/// Migration 62 holds `report` when it comes to `layer`; somebody holds that, and wants
/// `report`.
#[tokio::test]
async fn a_migration_that_meets_somebody_in_a_deadlock_is_tried_again() {
    let test = TestDatabase::unmigrated().await;
    let before: Vec<i64> = (1..62).collect();
    let mut tx = test.database.begin().await.unwrap();
    migrate::up_to(&mut tx, &before).await.unwrap();
    tx.commit().await.unwrap();

    let mut held = test.database.begin().await.unwrap();
    // It is the migration that finds the deadlock, and fails.
    for statement in ["SET LOCAL deadlock_timeout = '1min'", "LOCK TABLE layer IN SHARE MODE"] {
        sqlx::query(statement).execute(&mut *held).await.unwrap();
    }
    let in_its_way = async {
        somebody_waits(&test.database).await;
        // Granted when the migration has failed.
        sqlx::query("LOCK TABLE report IN ACCESS SHARE MODE").execute(&mut *held).await.unwrap();
        held.commit().await.unwrap();
    };
    let (migrated, ()) = tokio::join!(migrate::run(&test.database), in_its_way);
    migrated.unwrap();
    let last: i64 = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(test.database.pool())
        .await
        .unwrap();
    assert!(last >= 62, "{last}");
    test.stop().await;
}
