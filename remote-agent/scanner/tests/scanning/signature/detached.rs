//! Bundles with a signature on the image's manifest instead of a statement about it.

use palisade_api::Digest;
use palisade_scanner::signature::Trust;
use serde_json::{Value, json};

use super::attach::{BUNDLE, Image};
use super::signer::{Authority, ISSUER, Key, Log, SIGNED_AT, SUBJECT, Wish, base64, keyless, root};

/// A bundle with a signature that says to be on what has this digest.
fn bundle(signature: &[u8], digest: Digest, material: &Value) -> Value {
    json!({
        "mediaType": BUNDLE,
        "verificationMaterial": material,
        "messageSignature": {
            "messageDigest": {"algorithm": "SHA2_256", "digest": base64(digest.as_bytes())},
            "signature": base64(signature),
        },
    })
}

#[tokio::test]
async fn a_signature_on_the_manifest_satisfies_the_verifier_with_its_key() {
    let image = Image::push().await;
    let (ours, theirs) = (Key::generate(), Key::generate());
    let by_key = json!({"publicKey": {"hint": "shop"}});
    let trusted = |key: &Key| [root("shop", Trust::default(), vec![key.verifier("b")])];
    let signature = ours.sign(&image.manifest());

    let mut told = bundle(&signature, image.digest, &by_key);
    image.refer_bundle(&told);
    assert_eq!(image.satisfied(&trusted(&ours)).await.verifiers, ["shop/b"]);
    let refusal = image.refusal(root("shop", Trust::default(), vec![theirs.verifier("b")])).await;
    assert_eq!(refusal, "the signature is not by the key");

    // The digest is a hint that need not be there.
    told["messageSignature"].as_object_mut().unwrap().remove("messageDigest");
    image.refer_bundle(&told);
    assert_eq!(image.satisfied(&trusted(&ours)).await.verifiers, ["shop/b"]);

    // A true signature of something else, and the same with a digest that was made to fit.
    let other = ours.sign(b"another image");
    image.refer_bundle(&bundle(&other, Digest::of(b"another image"), &by_key));
    assert!(image.signatures().await.is_empty());
    image.refer_bundle(&bundle(&other, image.digest, &by_key));
    assert_eq!(image.satisfied(&trusted(&ours)).await.verifiers, Vec::<String>::new());
}

#[tokio::test]
async fn an_identity_may_sign_the_manifest() {
    let (image, authority, log) = (Image::push().await, Authority::start(), Log::start());
    let signer = authority.vouch(&Wish::default());
    let signature = signer.key.sign(&image.manifest());
    let entry = log.take_in(&image.manifest(), &signature, &signer.certificate.pem());
    let trust = |log: &Log| {
        let certificates = authority.intermediate().pem() + &authority.root().pem();
        Trust::from_pem(&log.0.pem(), &certificates, &authority.log.pem()).unwrap()
    };
    let shop = |log: &Log| root("shop", trust(log), vec![keyless("release", ISSUER, SUBJECT)]);
    // Newer bundles have the certificate alone.
    image.refer_bundle(&bundle(
        &signature,
        image.digest,
        &json!({
            "certificate": {"rawBytes": base64(signer.certificate.der())},
            "tlogEntries": [{
                "logIndex": "7",
                "logId": {"keyId": base64(log.0.id().as_bytes())},
                "kindVersion": {"kind": "hashedrekord", "version": "0.0.1"},
                "integratedTime": SIGNED_AT.to_string(),
                "inclusionPromise": {"signedEntryTimestamp": entry["SignedEntryTimestamp"]},
                "canonicalizedBody": entry["Payload"]["body"],
            }],
        }),
    ));
    assert_eq!(image.satisfied(&[shop(&log)]).await.verifiers, ["shop/release"]);
    let refusal = image.refusal(shop(&Log::start())).await;
    assert_eq!(refusal, "the signature is in a transparency log that is not trusted");
}

#[tokio::test]
async fn what_is_attached_beside_a_signature_does_not_hinder_it() {
    let image = Image::push().await;
    let ours = Key::generate();
    let material = json!({"publicKey": {"hint": "shop"}});
    let signed = bundle(&ours.sign(&image.manifest()), image.digest, &material);
    // Attestations come in bundles too, and a bill of materials is long.
    let long = json!({"mediaType": BUNDLE, "dsseEnvelope": {"payload": "A".repeat(1 << 20)}});
    image.refer_bundles(&[long, json!("no bundle"), signed.clone()]);
    let roots = [root("shop", Trust::default(), vec![ours.verifier("b")])];
    assert_eq!(image.satisfied(&roots).await.verifiers, ["shop/b"]);
    image.refer_bundle_behind_broken_ones(&signed);
    assert_eq!(image.satisfied(&roots).await.verifiers, ["shop/b"]);

    // Nor does what is read of signatures grow with what anybody attaches.
    let padded = |at: u32| {
        let mut signed = signed.clone();
        signed["padding"] = json!(format!("{at}{}", "A".repeat(500 << 10)));
        signed
    };
    image.refer_bundles(&(0..40).map(padded).collect::<Vec<_>>());
    let kept = image.signatures().await.len();
    assert!((1..40).contains(&kept), "{kept}");
}
