//! The endpoints of roots of trust and verifiers.

use palisade_primary::store::audit;
use serde_json::{Value, json};

use crate::primary::Primary;
use crate::registry::Key;

const ROOTS: &str = "/v1/scan/sigstore/root_of_trust";

#[tokio::test]
async fn a_root_and_its_verifier_from_beginning_to_end() {
    let primary = Primary::start().await;
    let (key, log) = (Key::generate().pem(), Key::generate().pem());
    let root = json!({"name": "shop", "is_private": true, "rekor_public_key": log,
        "comment": "ours"});
    primary.ok("POST", ROOTS, &root).await;
    let verifier = json!({"name": "release", "verifier_type": "keypair", "public_key": key});
    primary.ok("POST", &format!("{ROOTS}/shop/verifier"), &verifier).await;

    let shown = primary.get(&format!("{ROOTS}/shop")).await;
    assert_eq!(
        shown,
        json!({"name": "shop", "is_private": true, "rootless_keypairs_only": false,
            "rekor_public_key": log, "cfg_type": "user_created", "comment": "ours"})
    );
    let shown = primary.get(&format!("{ROOTS}?with_verifiers=true")).await;
    assert_eq!(shown["roots_of_trust"][0]["verifiers"][0]["name"], "release", "{shown}");
    let options = primary.get("/v1/admission/options").await;
    assert_eq!(options["admission_options"]["sigstore_verifiers"], json!(["shop/release"]));

    let change = json!({"comment": "theirs", "rekor_public_key": ""});
    primary.ok("PATCH", &format!("{ROOTS}/shop"), &change).await;
    let shown = primary.get(&format!("{ROOTS}/shop")).await;
    assert_eq!(shown["comment"], "theirs");
    assert_eq!(shown.get("rekor_public_key"), None);

    let change = json!({"comment": "of releases"});
    primary.ok("PATCH", &format!("{ROOTS}/shop/verifier/release"), &change).await;
    let shown = primary.get(&format!("{ROOTS}/shop/verifier")).await;
    assert_eq!(
        shown,
        json!({"verifiers": [{"name": "release", "verifier_type": "keypair", "public_key": key,
            "cert_issuer": "", "cert_subject": "", "comment": "of releases"}]})
    );
    let shown = primary.get(&format!("{ROOTS}/shop/verifier/release")).await;
    assert_eq!(shown["public_key"], key);

    primary.ok("DELETE", &format!("{ROOTS}/shop/verifier/release"), &Value::Null).await;
    let path = format!("{ROOTS}/shop/verifier/release");
    assert_eq!(primary.refused("GET", &path, Value::Null).await, (404, 7));
    primary.ok("DELETE", &format!("{ROOTS}/shop"), &Value::Null).await;
    assert_eq!(primary.get(ROOTS).await, json!({"roots_of_trust": []}));

    let mut conn = primary.app.database.acquire().await.unwrap();
    let audit = audit::list(&mut conn, None, 20).await.unwrap();
    let changes = audit.iter().filter(|entry| entry.kind == "root_of_trust").count();
    assert_eq!(changes, 6, "{audit:?}");
    drop(conn);
    primary.stop().await;
}

#[tokio::test]
async fn what_cannot_be_trusted_is_refused() {
    let primary = Primary::start().await;
    let key = Key::generate().pem();
    let private = json!({"name": "private", "is_private": true});
    let rootless = json!({"name": "rootless", "is_private": true, "rootless_keypairs_only": true});
    primary.ok("POST", ROOTS, &private).await;
    primary.ok("POST", ROOTS, &rootless).await;
    for (body, refusal) in [
        (json!({"name": "private", "is_private": true}), (400, 13)),
        (json!({"name": "", "is_private": true}), (400, 15)),
        (json!({"name": "a/b", "is_private": true}), (400, 15)),
        (json!({"name": "x", "is_private": true, "rekor_public_key": "no key"}), (400, 6)),
        (json!({"name": "x", "is_private": true, "root_cert": "no certificate"}), (400, 6)),
        (json!({"name": "x", "is_private": false, "rekor_public_key": key}), (400, 6)),
        (
            json!({"name": "x", "is_private": true, "rootless_keypairs_only": true,
                "sct_public_key": key}),
            (400, 6),
        ),
        // Without the file with their keys.
        (json!({"name": "x", "is_private": false}), (400, 6)),
    ] {
        assert_eq!(primary.refused("POST", ROOTS, body.clone()).await, refusal, "{body}");
    }
    let verifier = |name: &str, kind: &str| {
        json!({"name": name, "verifier_type": kind, "public_key": key,
            "cert_issuer": "https://accounts.shop.example", "cert_subject": "release@shop.example"})
    };
    for (root, body, refusal) in [
        ("none", verifier("x", "keypair"), (404, 7)),
        ("private", verifier("a/b", "keypair"), (400, 15)),
        ("private", verifier("x", "other"), (400, 6)),
        ("private", json!({"name": "x", "verifier_type": "keypair"}), (400, 6)),
        // Nobody vouches for identities.
        ("private", verifier("x", "keyless"), (400, 6)),
        ("rootless", verifier("x", "keyless"), (400, 6)),
    ] {
        let path = format!("{ROOTS}/{root}/verifier");
        assert_eq!(primary.refused("POST", &path, body.clone()).await, refusal, "{root} {body}");
    }
    primary.ok("POST", &format!("{ROOTS}/rootless/verifier"), &verifier("x", "keypair")).await;
    let path = format!("{ROOTS}/rootless/verifier");
    assert_eq!(primary.refused("POST", &path, verifier("x", "keypair")).await, (400, 13));
    let path = format!("{ROOTS}/rootless/verifier/x");
    assert_eq!(primary.refused("PATCH", &path, json!({"public_key": "-"})).await, (400, 6));
    assert_eq!(primary.refused("DELETE", &format!("{path}y"), Value::Null).await, (404, 7));
    assert_eq!(primary.refused("PATCH", &format!("{ROOTS}/none"), json!({})).await, (404, 7));
    assert_eq!(primary.refused("DELETE", &format!("{ROOTS}/none"), Value::Null).await, (404, 7));
    primary.stop().await;
}
