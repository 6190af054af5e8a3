//! Signatures by identities, which an authority vouches for.

use palisade_scanner::signature::{RootError, RootOfTrust, Trust, Verifier, VerifierKind};
use rcgen::{ExtendedKeyUsagePurpose, PublicKeyData as _};
use serde_json::{Value, json};

use super::attach::{BUNDLE, Image, annotations, payload};
use super::clock::Clock;
use super::signer::{
    Authority, ISSUER, Key, Log, SIGNED_AT, SUBJECT, Signer, Wish, base64, keyless, root,
};

const DAY: i64 = 24 * 60 * 60;
/// What newer clients sign: a statement of this type, that says this.
const STATEMENT: &str = "application/vnd.in-toto+json";
const SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

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

/// A statement about the image, and what is signed of it.
fn stated(image: &Image, predicate: &str) -> (String, String) {
    let subject = json!([{"name": "shop/api", "digest": {"sha256": image.digest.to_string()}}]);
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject, "predicateType": predicate, "predicate": {},
    })
    .to_string();
    let signed = format!("DSSEv1 {} {STATEMENT} {} {statement}", STATEMENT.len(), statement.len());
    (statement, signed)
}

fn envelope(statement: &str, signature: &[u8]) -> Value {
    json!({
        "payload": base64(statement.as_bytes()),
        "payloadType": STATEMENT,
        "signatures": [{"sig": base64(signature), "keyid": ""}],
    })
}

/// A statement that the image is signed, in a bundle.
fn bundle(
    image: &Image,
    signer: &Signer,
    authority: &Authority,
    log: &Log,
    predicate: &str,
) -> Value {
    let (statement, encoded) = stated(image, predicate);
    let signature = signer.key.sign(encoded.as_bytes());
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
        "dsseEnvelope": envelope(&statement, &signature),
    })
}

/// The same of a log that proves instead of promising; `stamp` is asked for one on the signature.
fn proven(
    image: &Image,
    signer: &Signer,
    authority: &Authority,
    log: &Log,
    stamp: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> Value {
    let (statement, encoded) = stated(image, SIGN);
    let signature = signer.key.sign(encoded.as_bytes());
    let stamps: Vec<Value> =
        stamp(&signature).iter().map(|one| json!({"signedTimestamp": base64(one)})).collect();
    let certificates = [&signer.certificate, &authority.intermediate()]
        .map(|one| json!({"rawBytes": base64(one.der())}));
    json!({
        "mediaType": BUNDLE,
        "verificationMaterial": {
            "x509CertificateChain": {"certificates": certificates},
            "tlogEntries": [log.prove(encoded.as_bytes(), &signature, signer.certificate.der())],
            "timestampVerificationData": {"rfc3161Timestamps": stamps},
        },
        "dsseEnvelope": envelope(&statement, &signature),
    })
}

#[tokio::test]
async fn a_log_that_promises_nothing_needs_a_timestamp_beside_the_signature() {
    let (image, authority, log) = (Image::push().await, Authority::start(), Log::start());
    let (clock, other_clock, other_log) = (Clock::start(), Clock::start(), Log::start());
    let signer = authority.vouch(&Wish::default());
    let trusted = |log: &Log| Trust {
        timestamp_authorities: clock.authorities(),
        ..trust(&authority, Some(log))
    };
    let stamped = |by: &Clock, seconds| {
        let bundle = proven(&image, &signer, &authority, &log, |signature| {
            Some(by.stamp(signature, seconds))
        });
        image.refer_bundle(&bundle);
    };
    let ours = || root("shop", trusted(&log), vec![release()]);

    stamped(&clock, SIGNED_AT);
    let outcome = image.satisfied_at(&[ours()], SIGNED_AT + 300 * DAY).await;
    assert_eq!(outcome.verifiers, ["shop/release"]);
    let refusal = image.refusal(root("shop", trusted(&other_log), vec![release()])).await;
    assert_eq!(refusal, "the signature is in a transparency log that is not trusted");

    let nobody = "nobody who is trusted tells when the signature was made";
    stamped(&other_clock, SIGNED_AT);
    assert_eq!(image.refusal(ours()).await, nobody);
    image.refer_bundle(&proven(&image, &signer, &authority, &log, |_| None));
    assert_eq!(image.refusal(ours()).await, nobody);
    // By a key it is, whenever it was.
    let by_key = root("shop", trusted(&log), vec![signer.key.verifier("key")]);
    assert_eq!(image.satisfied(&[by_key]).await.verifiers, ["shop/key"]);

    stamped(&clock, SIGNED_AT + 2 * DAY);
    let refusal = image.refusal(ours()).await;
    assert!(refusal.starts_with("the certificate is not trusted"), "{refusal}");
    image.refer_bundle(&proven(&image, &signer, &authority, &log, |_| {
        Some(clock.stamp(b"another signature", SIGNED_AT))
    }));
    assert_eq!(image.refusal(ours()).await, nobody);
}

#[tokio::test]
async fn a_timestamp_tells_that_a_certificate_was_valid_where_no_log_is_asked() {
    let (image, authority, clock) = (Image::push().await, Authority::start(), Clock::start());
    let signer = authority.vouch(&Wish::default());
    let message = payload(image.digest);
    let signature = signer.key.sign(&message);
    let mut told = annotations(&signature);
    told["dev.sigstore.cosign/certificate"] = json!(signer.certificate.pem());
    told["dev.sigstore.cosign/chain"] =
        json!(authority.intermediate().pem() + &authority.root().pem());
    let stamp = json!({"SignedRFC3161Timestamp": base64(&clock.stamp(&signature, SIGNED_AT))});
    told["dev.sigstore.cosign/rfc3161timestamp"] = json!(stamp.to_string());
    image.attach(&[(message, told)]);
    for (authorities, satisfied) in
        [(clock.authorities(), vec!["shop/release"]), (Vec::new(), Vec::new())]
    {
        let trust = Trust { timestamp_authorities: authorities, ..trust(&authority, None) };
        let roots = [root("shop", trust, vec![release()])];
        let outcome = image.satisfied_at(&roots, SIGNED_AT + 300 * DAY).await;
        assert_eq!(outcome.verifiers, satisfied);
    }
}

#[tokio::test]
async fn a_bundle_of_newer_clients_counts() {
    let (image, authority, log) = (Image::push().await, Authority::start(), Log::start());
    let signer = authority.vouch(&Wish::default());
    let told = bundle(&image, &signer, &authority, &log, SIGN);
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
    let clock = Clock::start();
    let stampers: Vec<Value> =
        clock.authorities().iter().map(|one| json!({"rawBytes": base64(&one.of)})).collect();
    let file = json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": key(&log.0),
        "certificateAuthorities": [{"certChain": {"certificates": certificates}}],
        "ctlogs": key(&authority.log),
        "timestampAuthorities": [{"certChain": {"certificates": stampers}}],
    });
    let trust = Trust::from_trusted_root(file.to_string().as_bytes()).unwrap();
    assert_eq!(trust.timestamp_authorities, clock.authorities());
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
