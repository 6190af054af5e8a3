//! What a signature says: the simple signing payload, and in-toto statements
//! that mean the same.

use palisade_api::Digest;
use serde::Deserialize;

/// The type of a payload that says no more than that an image is signed.
const TYPE: &str = "cosign container image signature";
/// The type of a statement that does.
const PREDICATE: &str = "https://sigstore.dev/cosign/sign/v1";

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    r#type: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

/// The image that a simple signing payload speaks of.
pub(super) fn image(payload: &[u8]) -> Option<Digest> {
    let payload: Payload = serde_json::from_slice(payload).ok()?;
    // Other signers leave their name here; what counts is cosign's meaning.
    if payload.critical.r#type != TYPE && payload.critical.r#type != "atomic container signature" {
        return None;
    }
    Digest::from_oci(&payload.critical.image.digest).ok()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    predicate_type: String,
    subject: Vec<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    digest: Digests,
}

#[derive(Deserialize)]
struct Digests {
    sha256: Option<String>,
    sha512: Option<String>,
}

impl Digests {
    /// Whether one of them is `image`.
    fn has(&self, image: Digest) -> bool {
        let told = match image {
            Digest::Sha256(_) => &self.sha256,
            Digest::Sha512(_) => &self.sha512,
        };
        told.as_ref().is_some_and(|hex| hex.parse() == Ok(image))
    }
}

/// Whether an in-toto statement says that `image` is signed. Other statements
/// tell something about an image without anybody standing for it.
pub(super) fn states(statement: &[u8], image: Digest) -> bool {
    let Ok(statement) = serde_json::from_slice::<Statement>(statement) else { return false };
    statement.predicate_type == PREDICATE
        && statement.subject.iter().any(|subject| subject.digest.has(image))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_of_an_image() {
        let digest = Digest::of(b"image");
        let payload = |kind: &str, digest: &str| {
            let image = serde_json::json!({"docker-manifest-digest": digest});
            let critical = serde_json::json!({"image": image, "type": kind, "identity": {}});
            serde_json::json!({"critical": critical, "optional": null}).to_string()
        };
        let oci = digest.to_oci();
        assert_eq!(image(payload(TYPE, &oci).as_bytes()), Some(digest));
        assert_eq!(image(payload("a receipt", &oci).as_bytes()), None);
        assert_eq!(image(payload(TYPE, "sha256:abc").as_bytes()), None);
        assert_eq!(image(b"{}"), None);
    }

    #[test]
    fn what_states_that_an_image_is_signed() {
        let digest = Digest::of(b"image");
        let statement = |predicate: &str, digest: Digest| {
            let subject = serde_json::json!([{"digest": {digest.algorithm(): digest.to_string()}}]);
            serde_json::json!({"predicateType": predicate, "subject": subject}).to_string()
        };
        assert!(states(statement(PREDICATE, digest).as_bytes(), digest));
        assert!(!states(statement("https://slsa.dev/provenance/v1", digest).as_bytes(), digest));
        assert!(!states(statement(PREDICATE, Digest::of(b"other")).as_bytes(), digest));
        let long = Digest::Sha512([1; 64]);
        assert!(states(statement(PREDICATE, long).as_bytes(), long));
    }
}
