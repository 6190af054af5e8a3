//! Bills of materials that count for whose signature is on them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_api::Digest;
use palisade_scanner::signature::Trust;
use serde_json::{Value, json};

use super::{Shelf, cyclonedx, envelope, statement};
use crate::signature::signer::{Authority, ISSUER, Key, Log, SUBJECT, Wish, keyless, root};

fn signed(key: &Key, statement: &Value) -> Value {
    let (kind, payload) = ("application/vnd.in-toto+json", statement.to_string());
    let message = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
    let signature = STANDARD.encode(key.sign(message.as_bytes()));
    let mut envelope = envelope(statement);
    envelope["signatures"] = json!([{"keyid": "", "sig": signature}]);
    envelope
}

#[tokio::test]
async fn with_a_key_only_what_it_signed_about_the_image_is_taken() {
    let (own, other) = (Key::generate(), Key::generate());
    let signers = [root("shop", Trust::default(), vec![own.verifier("own")])];
    let shelf = Shelf::new().await;
    let about = statement("own", shelf.image);
    let mut exchanged = signed(&own, &about);
    exchanged["payload"] = envelope(&statement("exchanged", shelf.image))["payload"].clone();
    let bundle = |envelope: Value| json!({"verificationMaterial": {}, "dsseEnvelope": envelope});
    let lines = format!("{}\n{}\n", signed(&other, &about), signed(&own, &about));
    let copied = statement("copied", Digest::of(b"another image"));
    for (document, is_taken) in [
        (signed(&own, &about).to_string(), true),
        (bundle(signed(&own, &about)).to_string(), true),
        (lines, true),
        (signed(&other, &about).to_string(), false),
        (envelope(&about).to_string(), false),
        (about.to_string(), false),
        (cyclonedx("bare"), false),
        (signed(&own, &copied).to_string(), false),
        (exchanged.to_string(), false),
    ] {
        let tagged = shelf.around("application/vnd.dsse.envelope.v1+json", &document);
        shelf.registry.put_manifest("shop", &format!("sha256-{}.att", shelf.image), &tagged);
        let found = shelf.attached_by(&signers).await.unwrap();
        assert_eq!(found.is_some(), is_taken, "{document}");
    }
}

/// By an identity that an authority vouched for, in the forms of cosign and of bundles.
#[tokio::test]
async fn an_identity_is_as_good_as_a_key() {
    let (authority, log) = (Authority::start(), Log::start());
    let signer = authority.vouch(&Wish::default());
    let shelf = Shelf::new().await;
    let statement = statement("own", shelf.image);
    let envelope = signed(&signer.key, &statement);
    let signature = envelope["signatures"][0]["sig"].as_str().unwrap();
    let signature = STANDARD.decode(signature).unwrap();
    let certificate = signer.certificate.pem();
    let chain = authority.intermediate().pem() + &authority.root().pem();
    let entry = log.take_in_envelope(&signature, &certificate);
    let annotations = json!({
        "dev.cosignproject.cosign/signature": "",
        "dev.sigstore.cosign/certificate": certificate,
        "dev.sigstore.cosign/chain": chain,
        "dev.sigstore.cosign/bundle": entry.to_string(),
    });
    let raw = |der: &[u8]| json!({"rawBytes": STANDARD.encode(der)});
    let bundle = json!({
        "verificationMaterial": {"x509CertificateChain": {"certificates": [
            raw(signer.certificate.der()), raw(authority.intermediate().der()),
        ]}},
        "dsseEnvelope": envelope,
    });
    let trusted = |authority: &Authority, log: Option<&Log>| {
        let log = log.map(|log| log.0.pem()).unwrap_or_default();
        Trust::from_pem(&log, &authority.root().pem(), &authority.log.pem()).unwrap()
    };
    let wanted = |subject: &str| keyless("release", ISSUER, subject);
    let other = Authority::start();
    for (document, annotations, signers, is_taken) in [
        (
            &envelope,
            Some(&annotations),
            root("shop", trusted(&authority, Some(&log)), vec![wanted(SUBJECT)]),
            true,
        ),
        (
            &envelope,
            Some(&annotations),
            root("shop", trusted(&authority, None), vec![wanted(SUBJECT)]),
            true,
        ),
        (&bundle, None, root("shop", trusted(&authority, None), vec![wanted(SUBJECT)]), true),
        // In no log, by no certificate, by another's word, or for somebody else.
        (
            &bundle,
            None,
            root("shop", trusted(&authority, Some(&log)), vec![wanted(SUBJECT)]),
            false,
        ),
        (&envelope, None, root("shop", trusted(&authority, None), vec![wanted(SUBJECT)]), false),
        (&bundle, None, root("shop", trusted(&other, None), vec![wanted(SUBJECT)]), false),
        (
            &bundle,
            None,
            root("shop", trusted(&authority, None), vec![wanted("other@shop.example")]),
            false,
        ),
        (&bundle, None, root("shop", Trust::default(), vec![wanted(SUBJECT)]), false),
    ] {
        let mut tagged =
            shelf.around("application/vnd.dsse.envelope.v1+json", &document.to_string());
        if let Some(annotations) = annotations {
            tagged["layers"][0]["annotations"] = annotations.clone();
        }
        shelf.registry.put_manifest("shop", &format!("sha256-{}.att", shelf.image), &tagged);
        let found = shelf.attached_by(std::slice::from_ref(&signers)).await.unwrap();
        assert_eq!(found.is_some(), is_taken, "{document} {signers:?}");
    }
}

/// What cosign attested before logs had entries of envelopes.
#[tokio::test]
async fn an_older_entry_of_a_log_counts_for_the_signature_in_it() {
    let (authority, log) = (Authority::start(), Log::start());
    let signer = authority.vouch(&Wish::default());
    let shelf = Shelf::new().await;
    let envelope = signed(&signer.key, &statement("own", shelf.image));
    let signature = envelope["signatures"][0]["sig"].as_str().unwrap();
    let signature = STANDARD.decode(signature).unwrap();
    let certificate = signer.certificate.pem();
    let chain = authority.intermediate().pem() + &authority.root().pem();
    let trust =
        Trust::from_pem(&log.0.pem(), &authority.root().pem(), &authority.log.pem()).unwrap();
    let signers = [root("shop", trust, vec![keyless("release", ISSUER, SUBJECT)])];
    let others = authority.vouch(&Wish::default()).certificate.pem();
    for (entry, is_taken) in [
        (log.take_in_statement(&signature, &certificate), true),
        (log.take_in_statement(b"another signature", &certificate), false),
        (log.take_in_statement(&signature, &others), false),
        (Log::start().take_in_statement(&signature, &certificate), false),
    ] {
        let mut tagged =
            shelf.around("application/vnd.dsse.envelope.v1+json", &envelope.to_string());
        tagged["layers"][0]["annotations"] = json!({
            "dev.cosignproject.cosign/signature": "",
            "dev.sigstore.cosign/certificate": certificate,
            "dev.sigstore.cosign/chain": chain,
            "dev.sigstore.cosign/bundle": entry.to_string(),
        });
        shelf.registry.put_manifest("shop", &format!("sha256-{}.att", shelf.image), &tagged);
        let found = shelf.attached_by(&signers).await.unwrap();
        assert_eq!(found.is_some(), is_taken, "{entry}");
    }
}
