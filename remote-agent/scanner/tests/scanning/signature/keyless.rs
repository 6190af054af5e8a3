//! Signatures by identities, which an authority vouches for.

use palisade_scanner::signature::{RootError, RootOfTrust, Trust, Verifier, VerifierKind};
use rcgen::{ExtendedKeyUsagePurpose, PublicKeyData as _};
use serde_json::{Value, json};

use super::attach::{BUNDLE, Image, annotations, payload};
use super::signer::{
    Authority, ISSUER, Key, Log, SIGNED_AT, SUBJECT, Signer, Wish, base64, keyless, root,
};

const DAY: i64 = 24 * 60 * 60;

fn release() -> Verifier {
    keyless("release", ISSUER, SUBJECT)
}

/// Attaches a signature with the certificate, the chain below the root and
/// the log entry.
fn attach(image: &Image, signer: &Signer, authority: &Authority, log: Option<&Log>) {
    let message = payload(image.digest);
    let signature = signer.key.sign(&message);
    let mut told = annotations(&signature);
    let certificate = signer.certificate.pem();
    told["dev.sigstore.cosign/chain"] =
        json!(authority.intermediate().pem() + &authority.root().pem());
    if let Some(log) = log {
        let entry = log.take_in(&message, &signature, &certificate);
        told["dev.sigstore.cosign/bundle"] = json!(entry.to_string());
    }
    told["dev.sigstore.cosign/certificate"] = json!(certificate);
    image.attach(&[(message, told)]);
}

fn trust(authority: &Authority, log: Option<&Log>) -> Trust {
    let log = log.map(|log| log.0.pem()).unwrap_or_default();
    Trust::from_pem(&log, &authority.root().pem(), &authority.log.pem()).unwrap()
}

fn shop(authority: &Authority, log: Option<&Log>) -> RootOfTrust {
    root("shop", trust(authority, log), vec![release()])
}

#[tokio::test]
async fn an_identity_satisfies_its_verifier_long_after_its_certificate_ended() {
    let (image, authority, log) = (Image::push().await, Authority::start(), Log::start());
    attach(&image, &authority.vouch(&Wish::default()), &authority, Some(&log));
    let roots = [shop(&authority, Some(&log))];
    let outcome = image.satisfied_at(&roots, SIGNED_AT + 300 * DAY).await;
    assert_eq!(outcome.verifiers, ["shop/release"]);
}

#[tokio::test]
async fn without_a_log_the_certificate_must_be_valid_now() {
    let (image, authority) = (Image::push().await, Authority::start());
    attach(&image, &authority.vouch(&Wish::default()), &authority, None);
    let roots = [shop(&authority, None)];
    assert_eq!(image.satisfied(&roots).await.verifiers, ["shop/release"]);
    for days in [-2, 2] {
        let outcome = image.satisfied_at(&roots, SIGNED_AT + days * DAY).await;
        assert_eq!(outcome.verifiers, Vec::<String>::new(), "{days} days");
    }
}

#[tokio::test]
async fn another_identity_is_refused() {
    let (image, authority, log) = (Image::push().await, Authority::start(), Log::start());
    attach(&image, &authority.vouch(&Wish::default()), &authority, Some(&log));
    for (issuer, subject) in [
        ("https://accounts.other.example", SUBJECT),
        (ISSUER, "intern@shop.example"),
        (ISSUER, "release@shop"),
    ] {
        let verifiers = vec![keyless("release", issuer, subject)];
        let refusal = image.refusal(root("shop", trust(&authority, Some(&log)), verifiers)).await;
        assert_eq!(refusal, format!("the certificate is for {SUBJECT:?} by {ISSUER:?}"));
    }
}

#[tokio::test]
async fn another_authority_is_refused() {
    let (image, authority, log) = (Image::push().await, Authority::start(), Log::start());
    let other = Authority::start();
    attach(&image, &other.vouch(&Wish::default()), &other, Some(&log));
    let refusal = image.refusal(shop(&authority, Some(&log))).await;
    assert!(refusal.starts_with("the certificate is not trusted"), "{refusal}");
}

#[tokio::test]
async fn a_certificate_for_another_use_is_refused() {
    let (image, authority, log) = (Image::push().await, Authority::start(), Log::start());
    let wish = Wish { usage: ExtendedKeyUsagePurpose::ServerAuth, ..Wish::default() };
    attach(&image, &authority.vouch(&wish), &authority, Some(&log));
    let refusal = image.refusal(shop(&authority, Some(&log))).await;
    assert!(refusal.starts_with("the certificate is not trusted"), "{refusal}");
}

#[tokio::test]
async fn a_certificate_must_be_in_the_log_of_certificates() {
    let (image, authority, log) = (Image::push().await, Authority::start(), Log::start());
    let wanted = "the certificate is in no certificate transparency log that is trusted";

    attach(
        &image,
        &authority.vouch(&Wish { logged: false, ..Wish::default() }),
        &authority,
        Some(&log),
    );
    assert_eq!(image.refusal(shop(&authority, Some(&log))).await, wanted);
    let without_log = Trust { certificate_logs: Vec::new(), ..trust(&authority, Some(&log)) };
    let outcome = image.satisfied(&[root("shop", without_log, vec![release()])]).await;
    assert_eq!(outcome.verifiers, ["shop/release"]);

    attach(&image, &authority.vouch(&Wish::default()), &authority, Some(&log));
    let other = Authority::start();
    let other_log =
        Trust::from_pem(&log.0.pem(), &authority.root().pem(), &other.log.pem()).unwrap();
    assert_eq!(image.refusal(root("shop", other_log, vec![release()])).await, wanted);
}

#[tokio::test]
async fn a_root_without_authority_knows_key_pairs_only() {
    let (image, authority) = (Image::push().await, Authority::start());
    let signer = authority.vouch(&Wish::default());
    attach(&image, &signer, &authority, None);
    let outcome = image
        .satisfied(&[root(
            "rootless",
            Trust::default(),
            vec![release(), signer.key.verifier("key")],
        )])
        .await;
    assert_eq!(outcome.verifiers, ["rootless/key"]);
    let refusal = image.refusal(root("rootless", Trust::default(), vec![release()])).await;
    assert_eq!(refusal, "the root of trust has no authority for signatures without a key pair");
}

#[tokio::test]
async fn a_signature_without_certificate_is_by_nobody() {
    let (image, authority) = (Image::push().await, Authority::start());
    let message = payload(image.digest);
    image.attach(&[(message.clone(), annotations(&Key::generate().sign(&message)))]);
    let refusal = image.refusal(shop(&authority, None)).await;
    assert_eq!(refusal, "the signature has no certificate");
}

/// A statement that the image is signed, in a bundle.
fn bundle(
    image: &Image,
    signer: &Signer,
    authority: &Authority,
    log: &Log,
    predicate: &str,
) -> Value {
    let subject = json!([{"name": "shop/api", "digest": {"sha256": image.digest.to_string()}}]);
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject, "predicateType": predicate, "predicate": {},
    })
    .to_string();
    let kind = "application/vnd.in-toto+json";
    let envelope = format!("DSSEv1 {} {kind} {} {statement}", kind.len(), statement.len());
    let signature = signer.key.sign(envelope.as_bytes());
    let entry = log.take_in_envelope(&signature, &signer.certificate.pem());
    let promise = json!({"signedEntryTimestamp": entry["SignedEntryTimestamp"]});
    let certificates = [&signer.certificate, &authority.intermediate()]
        .map(|one| json!({"rawBytes": base64(one.der())}));
    json!({
        "mediaType": BUNDLE,
        "verificationMaterial": {
            "x509CertificateChain": {"certificates": certificates},
            "tlogEntries": [{
                "logIndex": "7",
                "logId": {"keyId": base64(log.0.id().as_bytes())},
                "kindVersion": {"kind": "dsse", "version": "0.0.1"},
                "integratedTime": SIGNED_AT.to_string(),
                "inclusionPromise": promise,
                "canonicalizedBody": entry["Payload"]["body"],
            }],
        },
        "dsseEnvelope": {
            "payload": base64(statement.as_bytes()),
            "payloadType": kind,
            "signatures": [{"sig": base64(&signature), "keyid": ""}],
        },
    })
}

#[tokio::test]
async fn a_bundle_of_newer_clients_counts() {
    let (image, authority, log) = (Image::push().await, Authority::start(), Log::start());
    let signer = authority.vouch(&Wish::default());
    let sign = "https://sigstore.dev/cosign/sign/v1";
    let told = bundle(&image, &signer, &authority, &log, sign);
    image.refer_bundle(&told);
    let roots = [shop(&authority, Some(&log))];
    assert_eq!(image.satisfied(&roots).await.verifiers, ["shop/release"]);

    // An attestation is signed too, and says something else.
    let told = bundle(&image, &signer, &authority, &log, "https://slsa.dev/provenance/v1");
    image.refer_bundle(&told);
    assert_eq!(image.satisfied(&roots).await.verifiers, Vec::<String>::new());
}

#[tokio::test]
async fn the_keys_of_a_trusted_root_file_are_believed() {
    let (image, authority, log) = (Image::push().await, Authority::start(), Log::start());
    attach(&image, &authority.vouch(&Wish::default()), &authority, Some(&log));
    let key =
        |key: &Key| json!([{"publicKey": {"rawBytes": base64(&key.0.subject_public_key_info())}}]);
    let certificates = [authority.intermediate(), authority.root()]
        .map(|one| json!({"rawBytes": base64(one.der())}));
    let file = json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": key(&log.0),
        "certificateAuthorities": [{"certChain": {"certificates": certificates}}],
        "ctlogs": key(&authority.log),
    });
    let trust = Trust::from_trusted_root(file.to_string().as_bytes()).unwrap();
    let outcome = image.satisfied(&[root("public", trust, vec![release()])]).await;
    assert_eq!(outcome.verifiers, ["public/release"]);

    for part in ["tlogs", "certificateAuthorities", "ctlogs"] {
        let mut less = file.clone();
        less[part] = json!([]);
        let result = Trust::from_trusted_root(less.to_string().as_bytes()).map(|_| ());
        assert!(matches!(result, Err(RootError::TrustedRoot(_))), "{part} {result:?}");
    }
}

#[test]
fn an_identity_has_issuer_and_subject() {
    for (issuer, subject) in [("", SUBJECT), (ISSUER, " ")] {
        let result = VerifierKind::keyless(issuer, subject).map(|_| ());
        assert_eq!(result, Err(RootError::Identity));
    }
}
