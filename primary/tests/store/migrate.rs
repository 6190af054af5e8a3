//! Migrations: once, together, and never backwards.

use palisade_primary::store::migrate::{self, SchemaError};

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
