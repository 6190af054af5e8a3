//! Listings of registries: only what changed is read, what is gone vanishes.

use http::Method;
use palisade_api::ObjectKind;
use palisade_primary::store;
use serde_json::{Value, json};

use crate::primary::{Primary, until};
use crate::registry::{REPOSITORY, Registry};

async fn verdicts(primary: &Primary) -> usize {
    let mut conn = primary.app.database.acquire().await.unwrap();
    store::object::list(&mut conn, ObjectKind::Verdict).await.unwrap().len()
}

async fn rows(primary: &Primary, table: &str) -> i64 {
    let mut conn = primary.app.database.acquire().await.unwrap();
    let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(query).fetch_one(&mut *conn).await.unwrap()
}

/// `repository:tag` of the images that the query gives.
async fn listed(primary: &Primary, query: &str) -> Vec<String> {
    let answer = primary.get(&format!("/v1/scan/registry/fed.shop/images?{query}")).await;
    let text = |image: &Value, name: &str| image[name].as_str().unwrap().to_owned();
    let images = answer["images"].as_array().unwrap().iter();
    images.map(|image| format!("{}:{}", text(image, "repository"), text(image, "tag"))).collect()
}

#[tokio::test]
async fn an_unchanged_registry_is_asked_for_heads_alone() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    for tag in ["2", "3"] {
        registry.push(REPOSITORY, tag, &[("openssl", tag)]);
    }
    primary.add_registry(&registry.url(), &json!({})).await;
    primary.scan(3).await;
    registry.forget();
    primary.scan(3).await;
    assert_eq!(registry.asked("blobs"), []);
    let manifests = registry.asked("manifests");
    assert_eq!(manifests.len(), 3, "{manifests:?}");
    assert!(manifests.iter().all(|(method, _)| method == Method::HEAD), "{manifests:?}");

    // Of what is new, only that is read.
    let new = registry.push(REPOSITORY, "4", &[("openssl", "4")]);
    registry.forget();
    primary.scan(4).await;
    let read: Vec<String> = registry
        .asked("manifests")
        .into_iter()
        .filter(|(method, _)| method == Method::GET)
        .map(|(_, path)| path)
        .collect();
    assert!(!read.is_empty() && read.iter().all(|path| path.ends_with(&new.to_oci())), "{read:?}");
    // Configuration and layer.
    assert_eq!(registry.asked("blobs").len(), 2);
    primary.stop().await;
}

#[tokio::test]
async fn what_is_gone_from_the_registry_vanishes_with_its_verdict() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    registry.push("shop/menu", "1", &[("curl", "8.0-1")]);
    primary.add_registry(&registry.url(), &json!({})).await;
    primary.scan(2).await;
    until("both verdicts are told", || async { (verdicts(&primary).await == 2).then_some(()) })
        .await;

    registry.remove("shop/menu", "1");
    primary.scan(1).await;
    until("one verdict is left", || async { (verdicts(&primary).await == 1).then_some(()) }).await;
    assert_eq!(listed(&primary, "").await, ["shop/api:1"]);
    assert_eq!((rows(&primary, "report").await, rows(&primary, "inventory").await), (1, 1));

    primary.ok("DELETE", "/v1/scan/registry/fed.shop", &Value::Null).await;
    until("no verdict is left", || async { (verdicts(&primary).await == 0).then_some(()) }).await;
    for table in ["registry", "image", "report", "inventory", "finding", "job"] {
        assert_eq!(rows(&primary, table).await, 0, "{table}");
    }
    primary.stop().await;
}

/// What it fails to tell is as it was known; the rest is listed, and the registry says so.
#[tokio::test]
async fn a_registry_that_fails_to_tell_a_part_takes_nothing_away() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    registry.push("shop/menu", "1", &[("curl", "8.0-1")]);
    primary.add_registry(&registry.url(), &json!({})).await;
    primary.scan(2).await;
    let tags = "the tags of 1 of 2 repositories are not told: ";
    let mut images = 2;
    for (end, status, told) in [
        ("/shop/menu/tags/list", 500, tags),
        ("/shop/menu/tags/list", 403, tags),
        ("/shop/menu/manifests/1", 503, "what 1 of 5 tags lead to is as it was known: "),
    ] {
        registry.refuse(end, status);
        images += 1;
        registry.push(REPOSITORY, &images.to_string(), &[("openssl", "3.0.9-1")]);
        primary.scan(images).await;
        let answer = primary.get("/v1/scan/registry/fed.shop").await;
        let (summary, message) = (&answer["summary"], "Failed to get scanning image list");
        let detail = summary["error_detail"].as_str().unwrap();
        assert_eq!(summary["error_message"], message, "{end} {status}");
        assert!(detail.starts_with(told), "{end} {status}: {detail}");
        let menu = "f_repository=shop/menu&f_status=finished";
        assert_eq!(listed(&primary, menu).await, ["shop/menu:1"], "{end} {status}");
        registry.refuse_nothing();
    }
    // Nothing is told of any.
    registry.refuse("/tags/list", 500);
    primary.scan(images).await;
    let answer = primary.get("/v1/scan/registry/fed.shop").await;
    let detail = answer["summary"]["error_detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("/tags/list answers 500"), "{detail}");
    until("all verdicts are told", || async { (verdicts(&primary).await == 2).then_some(()) })
        .await;

    registry.refuse_nothing();
    primary.scan(images).await;
    let answer = primary.get("/v1/scan/registry/fed.shop").await;
    assert_eq!(answer["summary"]["error_message"], "");
    primary.stop().await;
}

#[tokio::test]
async fn a_registry_without_tls_is_told_from_one_that_is_not_there() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url().replace("http:", "https:"), &json!({})).await;
    primary.scan(0).await;
    let answer = primary.get("/v1/scan/registry/fed.shop").await;
    let detail = answer["summary"]["error_detail"].as_str().unwrap();
    assert!(
        detail.ends_with("if it speaks without TLS, its address begins with http://"),
        "{detail}"
    );
    primary.stop().await;
}

/// The settings of a registry that has `shop/menu`.
fn with_menu(name: &str, registry: &Registry) -> Value {
    json!({"config": {"name": name, "registry_type": "Docker Registry",
        "registry": registry.url(), "filters": ["shop/menu"], "cfg_type": "federal"}})
}

/// The same image in `fed.mirror`, which was asked for it and refuses it, and in another registry.
async fn refused_by_mirror(primary: &Primary) -> (Registry, Registry, String) {
    let (shop, mirror) = (Registry::start().await, Registry::start().await);
    let mut digest = String::new();
    for registry in [&shop, &mirror] {
        digest = registry.push("shop/menu", "1", &[("curl", "8.0-1")]).to_oci();
    }
    mirror.refuse(&digest, 403);
    primary.ok("POST", "/v1/scan/registry", &with_menu("fed.mirror", &mirror)).await;
    primary.ok("POST", "/v1/scan/registry/fed.mirror/scan", &Value::Null).await;
    until("nobody gives the image", || async {
        let answer = primary.get("/v1/scan/registry/fed.mirror").await;
        (answer["summary"]["failed"] == 1).then_some(())
    })
    .await;
    (shop, mirror, digest)
}

/// The same image lies in two registries, and one of them refuses it.
#[tokio::test]
async fn an_image_that_one_registry_refuses_is_read_from_another() {
    let primary = Primary::start().await;
    let (shop, mirror, digest) = refused_by_mirror(&primary).await;
    mirror.refuse_nothing();
    shop.refuse(&digest, 403);
    primary.ok("POST", "/v1/scan/registry", &with_menu("fed.shop", &shop)).await;
    primary.scan(1).await;
    assert_eq!(listed(&primary, "f_status=finished").await, ["shop/menu:1"]);
    primary.stop().await;
}

/// One registry wants to be left alone, and the only other one refuses: there is an image to come.
#[tokio::test]
async fn an_image_that_nobody_else_gives_waits_for_the_registry_that_gives_it_later() {
    let primary = Primary::start().await;
    let (shop, _mirror, digest) = refused_by_mirror(&primary).await;
    shop.refuse(&digest, 429);
    primary.ok("POST", "/v1/scan/registry", &with_menu("fed.shop", &shop)).await;
    for listing in ["first", "second"] {
        primary.ok("POST", "/v1/scan/registry/fed.shop/scan", &Value::Null).await;
        until("the image waits and says why", || async {
            // Else the second listing might not have begun to change anything.
            let is_listed = rows(&primary, "job WHERE kind = 'list'").await == 0;
            let answer = primary.get("/v1/scan/registry/fed.shop").await;
            let images = primary.get("/v1/scan/registry/fed.shop/images").await;
            let (image, summary) = (&images["images"][0], &answer["summary"]);
            let why = image["result"].as_str()?.contains("allows no more requests for now");
            let waits = image["status"] == "scheduled" && summary["scheduled"] == 1;
            (is_listed && why && waits).then_some(())
        })
        .await;
        assert_eq!(rows(&primary, "job WHERE run_after > now()").await, 1, "{listing}");
    }
    // An hour later.
    shop.refuse_nothing();
    let mut conn = primary.app.database.acquire().await.unwrap();
    sqlx::query("UPDATE job SET run_after = now()").execute(&mut *conn).await.unwrap();
    drop(conn);
    primary.settled(1).await;
    primary.stop().await;
}

#[tokio::test]
async fn a_registry_that_knows_no_heads_is_asked_for_the_whole() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({})).await;
    for (images, status) in (2..).zip([400, 403, 404, 405]) {
        registry.refuse_nothing();
        registry.refuse_heads(status);
        registry.push(REPOSITORY, &images.to_string(), &[("openssl", "3.0.9-1")]);
        primary.scan(images).await;
        let answer = primary.get("/v1/scan/registry/fed.shop").await;
        assert_eq!(answer["summary"]["failed"], 0, "{status}: {answer}");
    }
    primary.stop().await;
}

#[tokio::test]
async fn filters_and_the_limit_of_tags_choose() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    for (repository, tag) in [(REPOSITORY, "2"), ("shop/menu", "1"), ("other/api", "1")] {
        registry.push(repository, tag, &[("openssl", tag)]);
    }
    primary.add_registry(&registry.url(), &json!({"filters": ["shop/a*"], "tag_limit": 1})).await;
    primary.scan(1).await;
    assert_eq!(listed(&primary, "").await, ["shop/api:2"]);
    primary.stop().await;
}

#[tokio::test]
async fn the_database_filters_sorts_and_pages_images() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    registry.push("shop/menu", "1", &[("curl", "8.0-1")]);
    registry.push("shop/menu", "2", &[("openssl", "3.0.9-1"), ("curl", "8.0-1")]);
    primary.add_registry(&registry.url(), &json!({})).await;
    primary.scan(3).await;
    let all = ["shop/api:1", "shop/menu:1", "shop/menu:2"];
    for (query, expected) in [
        ("", &all[..]),
        ("start=1&limit=1", &all[1..2]),
        ("start=-1", &all[2..]),
        ("start=3", &[]),
        ("f_repository=shop/menu", &all[1..]),
        ("f_repository=neq,shop/menu", &all[..1]),
        ("f_repository=prefix,shop/m&f_tag=gt,1", &all[2..]),
        ("f_repository=in,api|nothing", &all[..1]),
        ("f_repository=notin,api|nothing", &all[1..]),
        ("f_status=finished&f_base_os=debian:12", &all[..]),
        ("f_run_as_root=false", &[]),
        ("f_size=gt,0&f_size=lte,100000", &all[..]),
        ("f_result=succeeded", &all[..]),
        ("s_repository=desc&s_tag=asc", &["shop/menu:1", "shop/menu:2", "shop/api:1"]),
        ("s_tag=desc&limit=1", &all[2..]),
        // Nobody knows the field, or what is wanted is none of its values.
        ("f_colour=red&f_size=large&s_colour=asc", &all[..]),
        ("f_tag=%27%20OR%20true--", &[]),
    ] {
        assert_eq!(listed(&primary, query).await, expected, "{query}");
    }
    primary.stop().await;
}

/// From the registry to REST, images that are named by SHA-512 are like any other.
#[tokio::test]
async fn an_image_by_sha512_is_scanned_listed_and_told() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    let digest = registry.name_by_sha512(REPOSITORY, "1").to_oci();
    primary.add_registry(&registry.url(), &json!({})).await;
    primary.scan(1).await;
    let answer = primary.get("/v1/scan/registry/fed.shop/images").await;
    let image = &answer["images"][0];
    assert_eq!((&image["digest"], &image["status"]), (&json!(digest), &json!("finished")));
    assert_eq!(image["image_id"].as_str().map(str::len), Some(128));
    for id in [image["image_id"].as_str().unwrap(), &digest] {
        let told = primary.get(&format!("/v1/scan/registry/fed.shop/image/{id}")).await;
        let layers = primary.get(&format!("/v1/scan/registry/fed.shop/layers/{id}")).await;
        assert!(!told["report"]["modules"].as_array().unwrap().is_empty(), "{told}");
        let layer = layers["report"]["layers"][0]["digest"].as_str().unwrap().to_owned();
        assert!(layer.starts_with("sha512:"), "{layer}");
    }
    for (query, expected) in [
        (format!("f_digest={digest}"), &["shop/api:1"][..]),
        (format!("f_digest=prefix,{}", &digest[..40]), &["shop/api:1"]),
        (format!("f_digest={}", digest.replace("sha512", "sha256")), &[]),
    ] {
        assert_eq!(listed(&primary, &query).await, expected, "{query}");
    }
    until("its verdict is told", || async { (verdicts(&primary).await == 1).then_some(()) }).await;
    // What is stored is enough for a listing.
    registry.forget();
    primary.scan(1).await;
    assert_eq!(registry.asked("blobs"), []);
    for table in ["image", "report", "inventory"] {
        let query = format!("{table} WHERE octet_length(digest) = 64");
        assert_eq!(rows(&primary, &query).await, 1, "{table}");
    }
    primary.stop().await;
}

#[tokio::test]
async fn settings_come_in_groups_too() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    let config = json!({"config": {"name": "fed.shop", "registry_type": "Docker Registry",
        "registry": registry.url(), "filters": ["shop/*"], "cfg_type": "federal",
        "auth": {"username": "shop", "password": "tea"},
        "scan": {"tag_limit": 7, "schedule": {"schedule": "periodical", "interval": 300}}}});
    primary.ok("POST", "/v2/scan/registry", &config).await;
    let change = json!({"config": {"name": "fed.shop", "scan": {"rescan_after_db_update": true}}});
    primary.ok("PATCH", "/v2/scan/registry/fed.shop", &change).await;
    let renamed = json!({"config": {"name": "fed.other"}});
    for path in ["/v1/scan/registry/fed.shop", "/v2/scan/registry/fed.shop"] {
        assert_eq!(primary.refused("PATCH", path, renamed.clone()).await, (400, 6), "{path}");
    }
    let answer = primary.get("/v1/scan/registry/fed.shop").await;
    let summary = &answer["summary"];
    for (name, expected) in [
        ("username", json!("shop")),
        ("password", json!("")),
        ("tag_limit", json!(7)),
        ("schedule", json!({"schedule": "periodical", "interval": 300})),
        ("rescan_after_db_update", json!(true)),
    ] {
        assert_eq!(summary[name], expected, "{name}: {answer}");
    }
    let kinds = primary.get("/v1/list/registry_type").await;
    let kinds = kinds["list"]["registry_type"].as_array().unwrap();
    assert!(kinds.contains(&json!("Docker Registry")), "{kinds:?}");
    primary.stop().await;
}
