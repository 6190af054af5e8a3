//! An image that is signed, from its registry to the verdict.

use palisade_api::ObjectKind;
use palisade_api::scan::Verdict;
use palisade_primary::store;
use prost::Message as _;
use serde_json::{Value, json};

use crate::primary::{Primary, until};
use crate::registry::{Key, Registry};

const ROOTS: &str = "/v1/scan/sigstore/root_of_trust";
const REGISTRY: &str = "/v1/scan/registry/fed.shop";

/// Scans the registry and gives what the report says of signatures, once it
/// is `expected`.
async fn scan_until(primary: &Primary, expected: &Value) {
    primary.ok("POST", &format!("{REGISTRY}/scan"), &Value::Null).await;
    until(&format!("signatures are {expected}"), || async {
        let images = primary.get(&format!("{REGISTRY}/images")).await;
        let image = &images["images"][0];
        if image["status"] != "finished" {
            return None;
        }
        let id = image["image_id"].as_str().unwrap();
        let report = primary.get(&format!("{REGISTRY}/image/{id}")).await;
        (report["report"]["signature_data"]["verifiers"] == *expected).then_some(())
    })
    .await;
}

/// Waits until the verdict that clusters get names these verifiers.
async fn verdict_until(primary: &Primary, expected: &[&str]) {
    until(&format!("the verdict names {expected:?}"), || async {
        let mut conn = primary.app.database.acquire().await.unwrap();
        let objects = store::object::list(&mut conn, ObjectKind::Verdict).await.unwrap();
        let verdict = Verdict::decode(objects.first()?.payload.as_ref()).unwrap();
        (verdict.verifiers == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_verdict_names_whose_signatures_the_image_has() {
    let (primary, registry) = (Primary::start().await, Registry::start().await);
    let (ours, theirs) = (Key::generate(), Key::generate());
    registry.sign(&ours);
    primary.ok("POST", ROOTS, &json!({"name": "shop", "is_private": true})).await;
    for (name, key) in [("release", &ours), ("audit", &theirs)] {
        let verifier = json!({"name": name, "verifier_type": "keypair", "public_key": key.pem()});
        primary.ok("POST", &format!("{ROOTS}/shop/verifier"), &verifier).await;
    }
    let config = json!({"config": {"name": "fed.shop", "registry_type": "Docker Registry",
        "registry": registry.url(), "filters": ["*"], "cfg_type": "federal"}});
    primary.ok("POST", "/v1/scan/registry", &config).await;
    scan_until(&primary, &json!(["shop/release"])).await;
    verdict_until(&primary, &["shop/release"]).await;

    // A change of a verifier has the image judged again though its
    // vulnerabilities are known.
    let change = json!({"public_key": ours.pem()});
    primary.ok("PATCH", &format!("{ROOTS}/shop/verifier/audit"), &change).await;
    scan_until(&primary, &json!(["shop/audit", "shop/release"])).await;
    verdict_until(&primary, &["shop/audit", "shop/release"]).await;

    // Without anybody whose signature is wanted nothing is said about any.
    primary.ok("DELETE", &format!("{ROOTS}/shop"), &Value::Null).await;
    scan_until(&primary, &Value::Null).await;
    verdict_until(&primary, &[]).await;
    primary.stop().await;
}
