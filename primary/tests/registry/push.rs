//! Webhooks: who pushed is believed when it proves to be the registry.

use axum::body::{Body, Bytes, to_bytes};
use http::{Request, StatusCode};
use palisade_primary::http::router;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::primary::{Primary, until};
use crate::registry::{REPOSITORY, Registry};

const SECRET: &str = "a secret of the registry";

async fn call(primary: &Primary, name: &str, secret: &str, body: String) -> StatusCode {
    answer(primary, name, secret, body).await.0
}

async fn answer(primary: &Primary, name: &str, secret: &str, body: String) -> (StatusCode, Bytes) {
    let request = Request::builder()
        .method("POST")
        .uri(format!("/v1/scan/registry/{name}/webhook"))
        .header("Host", "primary")
        .header("Authorization", format!("Bearer {secret}"))
        .body(Body::from(body))
        .unwrap();
    let answer = router(primary.app.clone()).unwrap().oneshot(request).await.unwrap();
    let status = answer.status();
    (status, to_bytes(answer.into_body(), 1 << 10).await.unwrap())
}

fn event(action: &str, repository: &str, tag: &str) -> String {
    let target = json!({"repository": repository, "tag": tag});
    json!({"events": [{"action": action, "target": target}]}).to_string()
}

async fn images(primary: &Primary) -> Vec<String> {
    let answer = primary.get("/v1/scan/registry/fed.shop/images").await;
    let images = answer["images"].as_array().unwrap().iter();
    images.map(|image| format!("{}:{}", image["repository"], image["tag"])).collect()
}

#[tokio::test]
async fn a_push_is_scanned_and_a_deletion_vanishes() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    let settings = json!({"webhook_secret": SECRET, "filters": ["shop/*"]});
    primary.add_registry(&registry.url(), &settings).await;
    registry.push("shop/menu", "1", &[("openssl", "3.0.9-1")]);
    let pushed = event("push", "shop/menu", "1");
    assert_eq!(call(&primary, "fed.shop", SECRET, pushed).await, StatusCode::ACCEPTED);
    primary.settled(1).await;
    assert_eq!(primary.found("f_repository=shop/menu").await, ["CVE-2023-5363"]);

    // The tag leads elsewhere now.
    registry.push("shop/menu", "1", &[("curl", "8.0-1")]);
    let pushed = event("push", "shop/menu", "1");
    assert_eq!(call(&primary, "fed.shop", SECRET, pushed).await, StatusCode::ACCEPTED);
    until("the new image is scanned", || async {
        let found = primary.found_if_there("f_repository=shop/menu&f_status=finished").await?;
        let images = primary.get("/v1/scan/registry/fed.shop/images").await;
        (found.is_empty() && images["images"][0]["status"] == "finished").then_some(())
    })
    .await;

    registry.remove("shop/menu", "1");
    let deleted = event("delete", "shop/menu", "1");
    assert_eq!(call(&primary, "fed.shop", SECRET, deleted).await, StatusCode::ACCEPTED);
    until("the image is gone", || async { images(&primary).await.is_empty().then_some(()) }).await;
    primary.stop().await;
}

/// A listing asks for one tag after the other, and may have asked before the push.
#[tokio::test]
async fn what_is_pushed_while_the_registry_is_listed_stays_as_it_was_pushed() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({"webhook_secret": SECRET})).await;
    registry.push(REPOSITORY, "gone", &[("curl", "8.0-1")]);
    registry.push("shop/menu", "1", &[("curl", "8.0-1")]);
    primary.scan(3).await;

    // The listing has seen everything but the menu.
    registry.forget();
    let answers = registry.hold("/shop/menu/manifests/1");
    primary.ok("POST", "/v1/scan/registry/fed.shop/scan", &Value::Null).await;
    until("the listing waits for one tag", || async {
        (registry.asked("manifests").len() == 3).then_some(())
    })
    .await;
    registry.push(REPOSITORY, "1", &[("curl", "8.1-1")]);
    registry.push(REPOSITORY, "new", &[("curl", "8.2-1")]);
    registry.remove(REPOSITORY, "gone");
    for (action, tag) in [("push", "1"), ("push", "new"), ("delete", "gone")] {
        let told = event(action, REPOSITORY, tag);
        assert_eq!(call(&primary, "fed.shop", SECRET, told).await, StatusCode::ACCEPTED, "{tag}");
    }
    let known = || async {
        let found = primary.found_if_there("f_repository=shop/api&f_tag=1").await?;
        let all = [r#""shop/api":"1""#, r#""shop/api":"new""#, r#""shop/menu":"1""#];
        (found.is_empty() && images(&primary).await == all).then_some(())
    };
    until("the pushes are known", known).await;
    answers.cancel();
    primary.settled(3).await;
    assert_eq!(known().await, Some(()));
    primary.stop().await;
}

/// The registry answers whoever looks at a tag before it is listed; the answer comes while it is, or
/// after.
#[tokio::test]
async fn what_a_listing_saw_is_not_replaced_by_what_was_told_before() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({"webhook_secret": SECRET})).await;
    registry.push("shop/menu", "1", &[("curl", "8.0-1")]);
    let digest = async || {
        let images = primary.get("/v1/scan/registry/fed.shop/images?f_repository=shop/api").await;
        images["images"][0]["digest"].to_string()
    };
    for during in [true, false] {
        registry.push(REPOSITORY, "1", &[("openssl", "3.0.9-1")]);
        primary.scan(2).await;
        let told_before = digest().await;

        registry.forget();
        let late = registry.answer_late("/shop/api/manifests/1");
        let pushed = event("push", REPOSITORY, "1");
        assert_eq!(call(&primary, "fed.shop", SECRET, pushed).await, StatusCode::ACCEPTED);
        until("somebody looks", || async {
            (registry.asked("manifests").len() == 1).then_some(())
        })
        .await;
        registry.push(REPOSITORY, "1", &[("curl", "8.1-1")]);
        let listing = registry.hold(if during { "/shop/menu/manifests/1" } else { "nothing" });
        primary.ok("POST", "/v1/scan/registry/fed.shop/scan", &Value::Null).await;
        if during {
            until("the listing waits for the other tag", || async {
                (registry.asked("manifests").len() >= 3).then_some(())
            })
            .await;
        } else {
            primary.settled(2).await;
        }
        late.cancel();
        until("nobody looks any more", || async {
            let mut conn = primary.app.database.acquire().await.unwrap();
            let looks = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM job WHERE kind = 'tag'");
            (looks.fetch_one(&mut *conn).await.unwrap() == 0).then_some(())
        })
        .await;
        listing.cancel();
        primary.settled(2).await;
        assert_ne!(digest().await, told_before, "{during}");
    }
    primary.stop().await;
}

#[tokio::test]
async fn who_fails_to_look_while_the_registry_is_listed_takes_no_image_away() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({"webhook_secret": SECRET})).await;
    registry.push("shop/menu", "1", &[("curl", "8.0-1")]);
    primary.scan(2).await;

    registry.forget();
    let answers = registry.hold("/shop/menu/manifests/1");
    primary.ok("POST", "/v1/scan/registry/fed.shop/scan", &Value::Null).await;
    until("the listing waits for one tag", || async {
        (registry.asked("manifests").len() == 2).then_some(())
    })
    .await;
    let pushed = event("push", REPOSITORY, "1");
    registry.push(REPOSITORY, "1", &[("curl", "8.1-1")]);
    assert_eq!(call(&primary, "fed.shop", SECRET, pushed.clone()).await, StatusCode::ACCEPTED);
    until("the push is known", || async {
        let found = primary.found_if_there("f_repository=shop/api&f_tag=1").await?;
        found.is_empty().then_some(())
    })
    .await;
    registry.refuse("/shop/api/manifests/1", 403);
    assert_eq!(call(&primary, "fed.shop", SECRET, pushed).await, StatusCode::ACCEPTED);
    until("another look has failed", || async {
        let answer = primary.get("/v1/scan/registry/fed.shop").await;
        (answer["summary"]["failed"] == 1).then_some(())
    })
    .await;
    answers.cancel();
    primary.settled(2).await;
    assert_eq!(images(&primary).await, [r#""shop/api":"1""#, r#""shop/menu":"1""#]);
    primary.stop().await;
}

#[tokio::test]
async fn azure_asks_first_whether_it_may_send() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({"webhook_secret": SECRET})).await;
    let asked = json!([{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": {"validationCode": "512d38b6"}}])
    .to_string();
    let (status, body) = answer(&primary, "fed.shop", SECRET, asked.clone()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, r#"{"validationResponse":"512d38b6"}"#);
    assert_eq!(call(&primary, "fed.shop", "forged", asked).await, StatusCode::UNAUTHORIZED);
    primary.stop().await;
}

#[tokio::test]
async fn what_the_filters_leave_out_is_not_looked_at() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    let settings = json!({"webhook_secret": SECRET, "filters": ["shop/a*"]});
    primary.add_registry(&registry.url(), &settings).await;
    registry.push("shop/menu", "1", &[("openssl", "3.0.9-1")]);
    for repository in ["shop/menu", REPOSITORY] {
        let pushed = event("push", repository, "1");
        assert_eq!(call(&primary, "fed.shop", SECRET, pushed).await, StatusCode::ACCEPTED);
    }
    primary.settled(1).await;
    assert_eq!(images(&primary).await, [r#""shop/api":"1""#]);
    primary.stop().await;
}

#[tokio::test]
async fn forged_and_oversized_calls_are_refused() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({})).await;
    let pushed = event("push", REPOSITORY, "1");
    let refused = StatusCode::UNAUTHORIZED;
    // It has no secret, so nothing is right.
    for secret in ["", SECRET] {
        assert_eq!(call(&primary, "fed.shop", secret, pushed.clone()).await, refused);
    }
    let config = |secret: &str| json!({"config": {"name": "fed.shop", "webhook_secret": secret}});
    let short = primary.refused("PATCH", "/v1/scan/registry/fed.shop", config("short")).await;
    assert_eq!(short, (400, 6));
    primary.ok("PATCH", "/v1/scan/registry/fed.shop", &config(SECRET)).await;
    for (name, secret, body, expected) in [
        ("fed.shop", "another secret altogether", pushed.clone(), refused),
        ("fed.nowhere", SECRET, pushed.clone(), refused),
        ("fed.shop", SECRET, "{}".to_owned(), StatusCode::BAD_REQUEST),
        ("fed.shop", SECRET, " ".repeat(300 << 10), StatusCode::BAD_REQUEST),
        ("fed.shop", SECRET, pushed.clone(), StatusCode::ACCEPTED),
    ] {
        let size = body.len();
        assert_eq!(call(&primary, name, secret, body).await, expected, "{name}, {size} bytes");
    }
    primary.settled(1).await;
    // The secret is nowhere to be seen.
    let shown = primary.get("/v1/scan/registry").await.to_string();
    assert!(!shown.contains(SECRET), "{shown}");
    primary.ok("PATCH", "/v1/scan/registry/fed.shop", &config("")).await;
    assert_eq!(call(&primary, "fed.shop", SECRET, pushed).await, refused);
    primary.stop().await;
}
