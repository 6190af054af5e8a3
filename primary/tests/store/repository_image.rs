//! Names of images that were scanned by themselves, while others are about the same ones.

use std::time::Duration;

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use palisade_primary::store::Database;
use palisade_primary::store::image_check::{self, FailedCheck};
use palisade_primary::store::report::{self, KeptReport};
use palisade_primary::store::repository_image::{self, RepositoryImage};
use sqlx::PgTransaction;

use crate::server::{PATIENCE, TestDatabase};

/// That `shop/REPOSITORY` leads to the image of this content.
fn named(repository: &str, image: &[u8]) -> RepositoryImage {
    RepositoryImage {
        registry: "https://registry.example/".to_owned(),
        repository: format!("shop/{repository}"),
        tag: "v1".to_owned(),
        digest: Digest::of(image),
        index_digest: None,
    }
}

fn minute(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap()
}

/// Two names, each of an image of its own, whose verdicts are published.
async fn shop() -> TestDatabase {
    let test = TestDatabase::start().await;
    for (at, repository) in ["menu", "orders"].into_iter().enumerate() {
        let image = named(repository, repository.as_bytes());
        let mut tx = test.database.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO report (digest, scanned_at, cvedb_version, summary, body, verdict, publish)
             VALUES ($1, now(), '1', '{}', '', '', false)",
        )
        .bind(image.digest.as_bytes())
        .execute(&mut *tx)
        .await
        .unwrap();
        repository_image::put(&mut tx, &image, minute(at.try_into().unwrap())).await.unwrap();
        tx.commit().await.unwrap();
    }
    test
}

async fn lock(database: &Database, image: &RepositoryImage) -> PgTransaction<'static> {
    let mut tx = database.begin().await.unwrap();
    repository_image::lock(&mut tx, image).await.unwrap();
    tx
}

async fn put(mut tx: PgTransaction<'static>, image: &RepositoryImage, at: DateTime<Utc>) {
    repository_image::put(&mut tx, image, at).await.unwrap();
    tx.commit().await.unwrap();
}

async fn trim(database: Database) -> u64 {
    let mut tx = database.begin().await.unwrap();
    let trimmed = repository_image::trim(&mut tx, 1).await.unwrap();
    tx.commit().await.unwrap();
    trimmed
}

/// Waits until somebody waits for a lock.
pub(crate) async fn somebody_waits(database: &Database) {
    let query = "SELECT EXISTS (SELECT FROM pg_stat_activity
                                WHERE datname = current_database() AND wait_event_type = 'Lock')";
    let waits = async {
        let mut conn = database.acquire().await.unwrap();
        while !sqlx::query_scalar::<_, bool>(query).fetch_one(&mut *conn).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waits).await.unwrap();
}

/// Each name with whether the verdict of its image is to be published.
async fn names(database: &Database) -> Vec<(String, Vec<u8>, bool)> {
    let query = "SELECT repository, digest, publish
                 FROM repository_image JOIN report USING (digest) ORDER BY repository";
    let mut conn = database.acquire().await.unwrap();
    sqlx::query_as(query).fetch_all(&mut *conn).await.unwrap()
}

#[tokio::test]
async fn a_name_that_is_renewed_while_it_is_about_to_be_forgotten_stays() {
    let test = shop().await;
    let database = &test.database;
    let menu = named("menu", b"menu");
    let tx = lock(database, &menu).await;
    let trimming = tokio::spawn(trim(database.clone()));
    somebody_waits(database).await;
    put(tx, &menu, minute(3)).await;
    assert_eq!(trimming.await.unwrap(), 0);
    assert_eq!(trim(database.clone()).await, 1);
    let left = names(database).await;
    assert_eq!(left, [("shop/menu".to_owned(), Digest::of(b"menu").as_bytes().to_vec(), true)]);
    test.stop().await;
}

#[tokio::test]
async fn names_that_change_places_at_once_wait_for_each_other_once() {
    let test = shop().await;
    let database = &test.database;
    let (menu, orders) = (named("menu", b"orders"), named("orders", b"menu"));
    let tx = lock(database, &menu).await;
    let other = tokio::spawn({
        let (database, orders) = (database.clone(), orders.clone());
        async move { put(lock(&database, &orders).await, &orders, minute(4)).await }
    });
    somebody_waits(database).await;
    put(tx, &menu, minute(3)).await;
    other.await.unwrap();
    let digest = |image: &[u8]| Digest::of(image).as_bytes().to_vec();
    let expected = [
        ("shop/menu".to_owned(), digest(b"orders"), true),
        ("shop/orders".to_owned(), digest(b"menu"), true),
    ];
    assert_eq!(names(database).await, expected);
    test.stop().await;
}

#[tokio::test]
async fn the_report_on_an_image_is_found_by_each_of_its_digests() {
    let test = shop().await;
    let database = &test.database;
    let mut conn = database.acquire().await.unwrap();
    let (index, configuration) = (Digest::of(b"an index"), Digest::of(b"a configuration"));
    let menu = Digest::of(b"menu");
    for statement in [
        "UPDATE repository_image SET index_digest = $1 WHERE digest = $2",
        "UPDATE report SET cvedb_version = 'menu' WHERE digest = $2 AND $1::bytea IS NOT NULL",
    ] {
        sqlx::query(statement)
            .bind(index.as_bytes())
            .bind(menu.as_bytes())
            .execute(&mut *conn)
            .await
            .unwrap();
    }
    sqlx::query("UPDATE report SET image_id = $1 WHERE cvedb_version = 'menu'")
        .bind(configuration.to_string())
        .execute(&mut *conn)
        .await
        .unwrap();
    let ours = repository_image::REGISTRY;
    for (digest, of_image, of_registry) in [
        (menu, Some("menu"), Some("menu")),
        (index, Some("menu"), Some("menu")),
        (configuration, None, Some("menu")),
        (Digest::of(b"orders"), Some("1"), Some("1")),
        (Digest::of(b"nothing"), None, None),
    ] {
        let version = |kept: Option<KeptReport>| kept.map(|kept| kept.cvedb_version);
        let found = report::get_of_image(&mut conn, digest).await.unwrap();
        assert_eq!(version(found).as_deref(), of_image, "{digest}");
        let found = report::get(&mut conn, ours, digest).await.unwrap();
        assert_eq!(version(found).as_deref(), of_registry, "{digest}");
        assert!(report::get(&mut conn, "fed.other", digest).await.unwrap().is_none(), "{digest}");
    }
    drop(conn);
    test.stop().await;
}

#[tokio::test]
async fn what_an_image_does_not_pass_replaces_what_it_did_not_pass() {
    let test = shop().await;
    let database = &test.database;
    let failed = |test_number: &str, message: &[&str]| FailedCheck {
        test_number: test_number.to_owned(),
        category: "image".to_owned(),
        kind: "image".to_owned(),
        level: "WARN".to_owned(),
        profile: "Level 1".to_owned(),
        scored: test_number == "I.4.1",
        description: format!("{test_number} is wrong"),
        remediation: String::new(),
        message: message.iter().map(|&text| text.to_owned()).collect(),
        messages: 7,
    };
    let cases = [
        vec![failed("I.4.1", &["b", "a \"quoted\" one", "{}"]), failed("I.4.8", &[])],
        vec![failed("I.4.8", &["one"])],
        vec![],
    ];
    for checks in cases {
        let mut tx = database.begin().await.unwrap();
        let report: i32 =
            sqlx::query_scalar("SELECT min(id) FROM report").fetch_one(&mut *tx).await.unwrap();
        image_check::replace(&mut tx, report, &checks).await.unwrap();
        let rows: Vec<(String, bool, String, Vec<String>, i32)> = sqlx::query_as(
            "SELECT test_number, scored, description, message, messages FROM image_check
             WHERE report = $1 ORDER BY test_number",
        )
        .bind(report)
        .fetch_all(&mut *tx)
        .await
        .unwrap();
        let expected: Vec<_> = checks
            .into_iter()
            .map(|one| (one.test_number, one.scored, one.description, one.message, one.messages))
            .collect();
        assert_eq!(rows, expected);
        tx.commit().await.unwrap();
    }
    test.stop().await;
}
