//! Keys and authorities of a trusted root file count for the time that it tells.

use palisade_scanner::signature::Trust;
use rcgen::PublicKeyData as _;
use serde_json::{Value, json};

use super::attach::{Image, annotations, payload};
use super::signer::{Authority, ISSUER, Log, SUBJECT, Wish, base64, keyless, root};

/// A day before the signature was made, and a day after that.
const BEFORE: &str = "2023-12-31T12:00:00Z";
const AFTER: &str = "2024-01-02T12:00:00.5Z";

/// Believed from then on, or until then.
fn from(time: &str) -> Value {
    json!({"start": time})
}

fn until(time: &str) -> Value {
    json!({"start": "2021-01-12T11:53:27.000Z", "end": time})
}

#[tokio::test]
async fn what_is_believed_of_a_trusted_root_depends_on_when_it_happened() {
    let (image, authority, log) = (Image::push().await, Authority::start(), Log::start());
    let signer = authority.vouch(&Wish::default());
    let message = payload(image.digest);
    let signature = signer.key.sign(&message);
    let certificate = signer.certificate.pem();
    let entry = log.take_in(&message, &signature, &certificate);
    let mut told = annotations(&signature);
    told["dev.sigstore.cosign/bundle"] = json!(entry.to_string());
    told["dev.sigstore.cosign/certificate"] = json!(certificate);
    image.attach(&[(message, told)]);

    let certificates = [authority.intermediate(), authority.root()]
        .map(|one| json!({"rawBytes": base64(one.der())}));
    let key = |info: &[u8], period: &Value| json!([{"publicKey": {"rawBytes": base64(info), "validFor": period}}]);
    let file = |log_period: &Value, authority_period: &Value, certificate_log_period: &Value| {
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": key(&log.0.0.subject_public_key_info(), log_period),
            "certificateAuthorities": [{
                "certChain": {"certificates": certificates}, "validFor": authority_period,
            }],
            "ctlogs": key(&authority.log.0.subject_public_key_info(), certificate_log_period),
        })
    };
    let valid = until(AFTER);
    for (file, expected) in [
        (file(&valid, &valid, &valid), None),
        (file(&from(BEFORE), &from(BEFORE), &from(BEFORE)), None),
        (
            file(&until(BEFORE), &valid, &valid),
            Some("the signature is in a transparency log that is not trusted"),
        ),
        (
            file(&from(AFTER), &valid, &valid),
            Some("the signature is in a transparency log that is not trusted"),
        ),
        (file(&valid, &until(BEFORE), &valid), Some("the certificate is not trusted")),
        (file(&valid, &from(AFTER), &valid), Some("the certificate is not trusted")),
        (
            file(&valid, &valid, &until(BEFORE)),
            Some("the certificate is in no certificate transparency log that is trusted"),
        ),
    ] {
        let trust = Trust::from_trusted_root(file.to_string().as_bytes()).unwrap();
        let root = root("public", trust, vec![keyless("release", ISSUER, SUBJECT)]);
        match expected {
            None => assert_eq!(image.satisfied(&[root]).await.verifiers, ["public/release"]),
            Some(expected) => {
                let refusal = image.refusal(root).await;
                assert!(refusal.starts_with(expected), "{refusal}");
            }
        }
    }
}
