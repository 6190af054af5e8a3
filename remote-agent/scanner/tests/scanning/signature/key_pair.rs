//! Signatures by key pairs.

use std::process::{Command, Stdio};

use palisade_api::Digest;
use palisade_scanner::signature::{PublicKey, RootError, Trust, VerifierKind};
use serde_json::json;

use super::attach::{Image, annotations, payload};
use super::signer::{Key, Log, root};

#[tokio::test]
async fn a_signature_satisfies_the_verifiers_with_its_key() {
    let image = Image::push().await;
    let (ours, theirs) = (Key::generate(), Key::generate());
    let message = payload(image.digest);
    image.attach(&[(message.clone(), annotations(&ours.sign(&message)))]);
    let outcome = image
        .satisfied(&[
            root("shop", Trust::default(), vec![ours.verifier("b"), theirs.verifier("c")]),
            root("again", Trust::default(), vec![ours.verifier("a")]),
        ])
        .await;
    assert_eq!(outcome.verifiers, ["again/a", "shop/b"]);
    let unsatisfied: Vec<_> = outcome.unsatisfied.iter().map(|(name, _)| name).collect();
    assert_eq!(unsatisfied, ["shop/c"]);
}

#[tokio::test]
async fn one_of_several_signatures_is_enough() {
    let image = Image::push().await;
    let (ours, theirs) = (Key::generate(), Key::generate());
    let message = payload(image.digest);
    image.attach(&[
        (message.clone(), annotations(&theirs.sign(&message))),
        (b"no payload".to_vec(), json!({"dev.cosignproject.cosign/signature": "%"})),
        (message.clone(), annotations(&ours.sign(&message))),
    ]);
    let outcome =
        image.satisfied(&[root("shop", Trust::default(), vec![ours.verifier("b")])]).await;
    assert_eq!(outcome.verifiers, ["shop/b"]);
}

#[tokio::test]
async fn a_signature_as_a_referrer_counts() {
    let image = Image::push().await;
    let ours = Key::generate();
    let message = payload(image.digest);
    image.refer(&message, &annotations(&ours.sign(&message)));
    let outcome =
        image.satisfied(&[root("shop", Trust::default(), vec![ours.verifier("b")])]).await;
    assert_eq!(outcome.verifiers, ["shop/b"]);
}

#[tokio::test]
async fn an_image_without_signatures_satisfies_nobody() {
    let image = Image::push().await;
    let verifier = Key::generate().verifier("b");
    let outcome = image.satisfied(&[root("shop", Trust::default(), vec![verifier])]).await;
    assert_eq!(outcome.verifiers, Vec::<String>::new());
    assert_eq!(outcome.unsatisfied, [("shop/b".to_owned(), None)]);
}

#[tokio::test]
async fn what_was_signed_counts_for_that_image_alone() {
    let image = Image::push().await;
    let ours = Key::generate();
    let trusted = || root("shop", Trust::default(), vec![ours.verifier("b")]);

    // A true signature of another image, attached to this one.
    let message = payload(Digest::of(b"another image"));
    image.attach(&[(message.clone(), annotations(&ours.sign(&message)))]);
    assert_eq!(image.refusal(trusted()).await, "the signature speaks of another image");

    // The same with a payload that was made to fit.
    image.attach(&[(payload(image.digest), annotations(&ours.sign(&message)))]);
    assert_eq!(image.refusal(trusted()).await, "the signature is not by the key");
}

#[tokio::test]
async fn a_root_with_a_log_wants_its_promise() {
    let image = Image::push().await;
    let (ours, log, other_log) = (Key::generate(), Log::start(), Log::start());
    let message = payload(image.digest);
    let signature = ours.sign(&message);
    let trusted = || {
        let trust = Trust::from_pem(&log.0.pem(), "", "").unwrap();
        root("shop", trust, vec![ours.verifier("b")])
    };
    let attach = |bundle: Option<String>| {
        let mut told = annotations(&signature);
        if let Some(bundle) = bundle {
            told["dev.sigstore.cosign/bundle"] = json!(bundle);
        }
        image.attach(&[(message.clone(), told)]);
    };

    attach(None);
    assert_eq!(image.refusal(trusted()).await, "the signature is in no transparency log");

    attach(Some(other_log.take_in(&message, &signature, &ours.pem()).to_string()));
    let refusal = image.refusal(trusted()).await;
    assert_eq!(refusal, "the signature is in a transparency log that is not trusted");

    let mut changed = log.take_in(&message, &signature, &ours.pem());
    changed["Payload"]["logIndex"] = json!(8);
    attach(Some(changed.to_string()));
    let refusal = image.refusal(trusted()).await;
    assert_eq!(refusal, "the signature is in a transparency log that is not trusted");

    let other = Key::generate();
    for of_other in [
        log.take_in(b"another message", &signature, &ours.pem()),
        log.take_in(&message, &other.sign(&message), &ours.pem()),
        log.take_in(&message, &signature, &other.pem()),
    ] {
        attach(Some(of_other.to_string()));
        assert_eq!(
            image.refusal(trusted()).await,
            "the entry of the transparency log does not belong to the signature"
        );
    }

    attach(Some(log.take_in(&message, &signature, &ours.pem()).to_string()));
    assert_eq!(image.satisfied(&[trusted()]).await.verifiers, ["shop/b"]);
}

#[test]
fn what_is_no_key_is_refused() {
    for text in ["", "key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
        let result = VerifierKind::key_pair(text).map(|_| ());
        assert_eq!(result, Err(RootError::Key("public_key")), "{text:?}");
    }
    let trust = Trust::from_pem("", "no certificate", "").map(|_| ());
    assert_eq!(trust, Err(RootError::Certificates("root_cert")));
    let trust = Trust::from_pem("x", "", "").map(|_| ());
    assert_eq!(trust, Err(RootError::Key("rekor_public_key")));
}

/// Keys and signatures by an implementation that is not ours.
#[test]
fn every_kind_of_key_verifies_what_openssl_signs() {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command.args(arguments.split_whitespace()).current_dir(folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().map(|status| status.success())
    };
    if openssl("version").is_err() {
        eprintln!("skipped: there is no program openssl");
        return;
    }
    std::fs::write(folder.path().join("message"), b"message").unwrap();
    for (kind, raw) in [
        ("EC -pkeyopt ec_paramgen_curve:P-256", false),
        ("EC -pkeyopt ec_paramgen_curve:P-384", false),
        ("RSA -pkeyopt rsa_keygen_bits:2048", false),
        ("ED25519", true),
    ] {
        let sign = if raw {
            "pkeyutl -sign -inkey key -rawin -in message -out signature"
        } else {
            "dgst -sha256 -sign key -out signature message"
        };
        for step in [
            &format!("genpkey -algorithm {kind} -out key"),
            "pkey -in key -pubout -out public",
            sign,
        ] {
            assert!(openssl(step).unwrap(), "openssl {step}");
        }
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        let key = PublicKey::from_pem(&String::from_utf8(read("public")).unwrap()).expect(kind);
        assert!(key.signed(b"message", &read("signature")), "{kind}");
        assert!(!key.signed(b"massage", &read("signature")), "{kind}");
    }
}
