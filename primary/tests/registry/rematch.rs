//! A new database, and what is stored: nothing is pulled.

use palisade_api::ObjectKind;
use palisade_api::scan::Verdict;
use palisade_primary::store;
use palisade_scanner::LayerContent;
use prost::Message as _;
use serde_json::{Value, json};

use crate::primary::{Primary, until};
use crate::registry::Registry;

const OLD: &str = "CVE-2023-5363";
const NEW: &str = "CVE-2024-0001";

/// What clusters get told of the first image.
async fn verdict(primary: &Primary) -> Option<Vec<String>> {
    let mut conn = primary.app.database.acquire().await.unwrap();
    let objects = store::object::list(&mut conn, ObjectKind::Verdict).await.unwrap();
    let verdict = Verdict::decode(objects.first()?.payload.as_ref()).unwrap();
    Some(verdict.cves.into_iter().map(|cve| cve.name).collect())
}

/// The vulnerabilities that the rows of the fleet tell of, each with the number
/// of its images.
async fn fleet(primary: &Primary) -> Vec<(String, i64)> {
    let mut conn = primary.app.database.acquire().await.unwrap();
    sqlx::query_as(
        "SELECT vulnerability.name, count(*) FROM finding
         JOIN vulnerable_package ON vulnerable_package.id = finding.vulnerable_package
         JOIN vulnerability ON vulnerability.id = vulnerable_package.vulnerability
         GROUP BY 1 ORDER BY 1",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_new_database_is_held_against_what_is_stored() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    registry.push("shop/menu", "1", &[("openssl", "3.0.9-1"), ("curl", "8.0-1")]);
    primary.add_registry(&registry.url(), &json!({"rescan_after_db_update": true})).await;
    primary.scan(2).await;
    assert_eq!(primary.found("f_repository=shop/api").await, [OLD]);
    until("the verdict is told", || async { (verdict(&primary).await? == [OLD]).then_some(()) })
        .await;
    assert_eq!(fleet(&primary).await, [(OLD.to_owned(), 2)]);

    registry.forget();
    primary.replace_database(&[OLD, NEW]);
    until("all images are held against the new database", || async {
        let names = primary.found("f_repository=shop/menu").await;
        let both = primary.found("f_repository=shop/api").await;
        (names == [OLD, NEW] && both == [OLD, NEW]).then_some(())
    })
    .await;
    until("the verdict follows", || async {
        (verdict(&primary).await? == [OLD, NEW]).then_some(())
    })
    .await;
    assert_eq!(fleet(&primary).await, [(OLD.to_owned(), 2), (NEW.to_owned(), 2)]);
    assert_eq!(registry.asked_at_all(), 0, "the registry was asked");

    // What a database takes back is gone everywhere.
    primary.replace_database(&[NEW, "CVE-2024-0002"]);
    until("the older one is gone", || async {
        (verdict(&primary).await? == [NEW, "CVE-2024-0002"]).then_some(())
    })
    .await;
    assert_eq!(fleet(&primary).await, [(NEW.to_owned(), 2), ("CVE-2024-0002".to_owned(), 2)]);
    primary.stop().await;
}

/// A feed once dated a record far ahead, and the database with it.
#[tokio::test]
async fn what_a_database_from_the_future_made_does_not_stay() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({"rescan_after_db_update": true})).await;
    primary.scan(1).await;
    let mut conn = primary.app.database.acquire().await.unwrap();
    sqlx::query("UPDATE report SET vulndb_built_at = '2099-01-01Z'")
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    primary.replace_database(&[OLD, NEW]);
    until("the image is held against the new database", || async {
        (primary.found("").await == [OLD, NEW]).then_some(())
    })
    .await;
    primary.stop().await;
}

#[tokio::test]
async fn a_registry_that_does_not_follow_databases_does_so_when_it_is_scanned() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({"rescan_after_db_update": false})).await;
    primary.scan(1).await;
    primary.replace_database(&[OLD, NEW]);
    let vulndb = primary.app.registries.vulndb.current().await.unwrap();
    // What it would have been done by.
    assert_eq!(primary.app.registries.rematch(vulndb).await.unwrap(), 0);
    assert_eq!(primary.found("").await, [OLD]);

    registry.forget();
    primary.scan(1).await;
    until("the scan follows", || async { (primary.found("").await == [OLD, NEW]).then_some(()) })
        .await;
    assert_eq!(registry.asked("blobs"), []);
    primary.stop().await;
}

#[tokio::test]
async fn an_inventory_that_cannot_be_read_is_read_again_from_the_registry() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({"rescan_after_db_update": true})).await;
    primary.scan(1).await;
    let mut conn = primary.app.database.acquire().await.unwrap();
    sqlx::query("UPDATE inventory SET body = 'broken'").execute(&mut *conn).await.unwrap();
    drop(conn);
    primary.replace_database(&[OLD, NEW]);
    let vulndb = primary.app.registries.vulndb.current().await.unwrap();
    until("the inventory is given up", || async {
        primary.app.registries.rematch(vulndb.clone()).await.unwrap();
        let mut conn = primary.app.database.acquire().await.unwrap();
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM inventory")
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        (count == 0).then_some(())
    })
    .await;
    primary.scan(1).await;
    assert_eq!(primary.found("").await, [OLD, NEW]);
    primary.stop().await;
}

#[tokio::test]
async fn a_layer_is_read_once_for_all_images_and_replicas() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({})).await;
    primary.scan(1).await;
    // The same layer in an image of another digest, for a replica that holds
    // nothing in memory.
    let mut conn = primary.app.database.acquire().await.unwrap();
    let total = store::layer::total(&mut conn).await.unwrap();
    assert_eq!(total.count, 1);
    let layers = store::layer::list(&mut conn, 0, 10).await.unwrap();
    let format = LayerContent::FORMAT;
    let kept = store::layer::take(&mut conn, layers[0].digest, format).await.unwrap();
    assert!(kept.is_some());
    // What another reader has kept does not count.
    let older = store::layer::take(&mut conn, layers[0].digest, format - 1).await.unwrap();
    assert_eq!(older, None);
    drop(conn);

    let scanners = primary.get("/v1/scan/scanner").await;
    let id = scanners["scanners"][0]["id"].as_str().unwrap();
    let stat = primary.get(&format!("/v1/scan/cache_stat/{id}")).await;
    assert_eq!((&stat["record_count"], &stat["cache_misses"]), (&json!(1), &json!(1)), "{stat}");
    let data = primary.get(&format!("/v1/scan/cache_data/{id}")).await;
    let record = &data["cache_records"][0];
    assert_eq!(record["layer_id"], layers[0].digest.to_string(), "{data}");
    assert_eq!(record["reference_count"], 1, "{data}");
    assert_eq!(primary.refused("GET", "/v1/scan/cache_stat/nobody", Value::Null).await, (404, 7));

    // Least lately used first, down to the bound.
    let mut conn = primary.app.database.acquire().await.unwrap();
    assert_eq!(store::layer::shrink(&mut conn, total.size).await.unwrap(), 0);
    assert_eq!(store::layer::shrink(&mut conn, total.size - 1).await.unwrap(), 1);
    drop(conn);
    primary.stop().await;
}
