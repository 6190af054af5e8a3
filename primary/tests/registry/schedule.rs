//! Scans by the clock, which these tests turn.

use chrono::{DateTime, TimeDelta, Utc};
use http::Method;
use palisade_primary::store;
use serde_json::json;

use crate::primary::Primary;
use crate::registry::Registry;

async fn started_at(primary: &Primary) -> Option<DateTime<Utc>> {
    let mut conn = primary.app.database.acquire().await.unwrap();
    store::registry::get(&mut conn, "fed.shop").await.unwrap().unwrap().started_at
}

/// Lets the time pass, and says whether a scan was started then: by this look
/// at the clock or by the one that the primary makes itself.
async fn started_after(primary: &Primary, seconds: i64) -> bool {
    let before = started_at(primary).await;
    primary.clock.advance(TimeDelta::seconds(seconds));
    primary.app.registries.start_due().await.unwrap();
    let after = started_at(primary).await;
    before != after
}

#[tokio::test]
async fn a_manual_registry_waits_for_somebody() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({"schedule": {"schedule": "manual"}})).await;
    assert!(!started_after(&primary, 604_801).await);
    assert_eq!(started_at(&primary).await, None);
    primary.stop().await;
}

#[tokio::test]
async fn a_periodical_registry_is_scanned_when_its_interval_is_over() {
    let (mut primary, registry) = (Primary::start().await, Registry::start().await);
    let schedule = json!({"schedule": {"schedule": "periodical", "interval": 3_600}});
    primary.add_registry(&registry.url(), &schedule).await;
    assert!(started_after(&primary, 1).await, "it was never scanned");
    assert!(!started_after(&primary, 3_599).await);
    assert!(started_after(&primary, 2).await);
    primary.sign_in_anew().await;
    primary.settled(1).await;
    primary.stop().await;
}

#[tokio::test]
async fn an_automatic_registry_is_scanned_at_once_and_looked_at_all_the_time() {
    let (mut primary, registry) = (Primary::start().await, Registry::start().await);
    primary.add_registry(&registry.url(), &json!({"schedule": {"schedule": "auto"}})).await;
    primary.settled(1).await;
    assert!(!started_after(&primary, 299).await);
    registry.push("shop/menu", "1", &[("curl", "8.0-1")]);
    assert!(started_after(&primary, 2).await);
    primary.sign_in_anew().await;
    primary.settled(2).await;
    primary.stop().await;
}

#[tokio::test]
async fn a_broken_image_is_read_again_only_when_somebody_asks() {
    let (mut primary, registry) = (Primary::start().await, Registry::start().await);
    registry.push_broken("shop/broken", "1");
    primary.add_registry(&registry.url(), &json!({"schedule": {"schedule": "auto"}})).await;
    primary.settled(1).await;
    registry.forget();
    assert!(started_after(&primary, 301).await);
    primary.sign_in_anew().await;
    primary.settled(1).await;
    assert_eq!(registry.asked("blobs"), []);
    let failed = primary.get("/v1/scan/registry/fed.shop/images?f_repository=shop/broken").await;
    assert_eq!(failed["images"][0]["status"], "failed", "{failed}");
    primary.scan(1).await;
    assert_ne!(registry.asked("blobs"), []);
    primary.stop().await;
}

/// Charts lie beside images; that one is none does not change.
#[tokio::test]
async fn what_is_no_image_is_read_once() {
    let (mut primary, registry) = (Primary::start().await, Registry::start().await);
    registry.push_chart("charts/shop", "1.0.0");
    primary.add_registry(&registry.url(), &json!({"schedule": {"schedule": "auto"}})).await;
    primary.settled(1).await;
    registry.forget();
    assert!(started_after(&primary, 301).await);
    primary.sign_in_anew().await;
    primary.settled(1).await;
    let asked = registry.asked("manifests");
    let are_heads = asked.iter().all(|(method, _)| method == Method::HEAD);
    assert!(!asked.is_empty() && are_heads, "{asked:?}");
    let chart = primary.get("/v1/scan/registry/fed.shop/images?f_repository=charts/shop").await;
    assert_eq!(chart["images"][0]["status"], "failed", "{chart}");
    primary.stop().await;
}

#[tokio::test]
async fn intervals_lie_between_five_minutes_and_a_week() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    for (interval, allowed) in [(299, false), (300, true), (604_800, true), (604_801, false)] {
        let config = json!({"config": {"name": format!("fed.every-{interval}"),
            "registry_type": "Docker Registry", "registry": registry.url(), "filters": ["*"],
            "schedule": {"schedule": "periodical", "interval": interval}}});
        if allowed {
            primary.ok("POST", "/v1/scan/registry", &config).await;
        } else {
            let refused = primary.refused("POST", "/v1/scan/registry", config).await;
            assert_eq!(refused, (400, 6), "{interval}");
        }
    }
    primary.stop().await;
}
