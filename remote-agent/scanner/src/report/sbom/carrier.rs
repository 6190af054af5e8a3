//! Bills of materials, and what else is stated of images, inside of other documents.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_api::Digest;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{SbomFormat, bare_format};

/// Documents behind each other that are looked into: attestations come a line each.
const MOST: usize = 64;
/// What cosign calls the predicate where nobody said what it is.
const ANY: [&str; 2] =
    ["cosign.sigstore.dev/attestation/v1", "https://cosign.sigstore.dev/attestation/v1"];

/// A document that may carry one. Parts that are not there are skipped without being kept.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Carrier<'a> {
    /// In what GitHub exports.
    #[serde(borrow, default)]
    sbom: Option<&'a RawValue>,
    /// In a statement of in-toto about an image.
    #[serde(borrow, default)]
    predicate: Option<&'a RawValue>,
    /// What the predicate is said to be.
    #[serde(borrow, default)]
    predicate_type: Option<&'a RawValue>,
    /// What a statement is about.
    #[serde(borrow, default)]
    subject: Option<&'a RawValue>,
    /// In the predicate of older statements of cosign.
    #[serde(borrow, default, rename = "Data")]
    data: Option<&'a RawValue>,
    /// A statement in an envelope, as base64.
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
    /// An envelope in a bundle of Sigstore.
    #[serde(borrow, default)]
    dsse_envelope: Option<&'a RawValue>,
}

/// One of what a statement is about.
#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    digest: SubjectDigest,
}

#[derive(Default, Deserialize)]
struct SubjectDigest {
    sha256: Option<String>,
    sha512: Option<String>,
}

impl SubjectDigest {
    /// Whether one of them is `image`.
    fn has(&self, image: &Digest) -> bool {
        let told = match image {
            Digest::Sha256(_) => &self.sha256,
            Digest::Sha512(_) => &self.sha512,
        };
        told.as_ref().is_some_and(|hex| *hex == image.to_string())
    }
}

/// The bill in an export, in a statement, or in a statement that is signed. Whose signature it
/// is, nobody asks here. Of statements, one about one of `images` where those are given.
pub(super) fn carried<'a>(
    content: &'a [u8],
    images: Option<&[Digest]>,
) -> Option<(SbomFormat, Cow<'a, [u8]>)> {
    documents(content).find_map(|carrier| match carrier.statement() {
        Some(statement) => {
            let (format, bill) = documents(&statement).find_map(|carrier| carrier.bill(images))?;
            Some((format, Cow::Owned(bill.into_owned())))
        }
        None => carrier.bill(images),
    })
}

/// What is stated in a document, which may be signed: whose signature it is, nobody asks here.
pub(in crate::report) fn predicate(content: &[u8]) -> Option<Vec<u8>> {
    documents(content).find_map(|carrier| match carrier.statement() {
        Some(statement) => documents(&statement).find_map(|carrier| carrier.predicate()),
        None => carrier.predicate(),
    })
}

/// The bill in a statement about one of `images`.
pub(super) fn stated<'a>(
    statement: &'a [u8],
    images: &[Digest],
) -> Option<(SbomFormat, Cow<'a, [u8]>)> {
    documents(statement).find_map(|carrier| carrier.stated(Some(images)))
}

fn documents(content: &[u8]) -> impl Iterator<Item = Carrier<'_>> {
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content).trim_ascii_start();
    let most = if content.starts_with(b"{") { MOST } else { 0 };
    serde_json::Deserializer::from_slice(content).into_iter().map_while(Result::ok).take(most)
}

impl<'a> Carrier<'a> {
    /// The statement in an envelope, which may be in a bundle.
    fn statement(&self) -> Option<Vec<u8>> {
        let payload = match self.dsse_envelope {
            Some(envelope) => serde_json::from_str::<Carrier<'a>>(envelope.get()).ok()?.payload,
            None => self.payload,
        };
        let encoded: String = serde_json::from_str(payload?.get()).ok()?;
        STANDARD.decode(encoded.trim()).ok()
    }

    fn predicate(&self) -> Option<Vec<u8>> {
        self.predicate.map(|part| whole(part).into_owned())
    }

    /// The bill in an export or a statement.
    fn bill(&self, images: Option<&[Digest]>) -> Option<(SbomFormat, Cow<'a, [u8]>)> {
        self.sbom.map_or_else(|| self.stated(images), within)
    }

    /// The bill in a statement, about one of `images` where those are given.
    fn stated(&self, images: Option<&[Digest]>) -> Option<(SbomFormat, Cow<'a, [u8]>)> {
        let is_meant = images.is_none_or(|images| self.is_about(images));
        let (format, bill) = within(self.predicate.filter(|_| is_meant)?)?;
        self.says(format, images.is_none()).then_some((format, bill))
    }

    /// Whether the predicate is said to be a bill of this format: what looks like one may be
    /// something else, such as what somebody says of vulnerabilities. Who names a file, and no
    /// image, `may_leave_open` what it holds.
    fn says(&self, format: SbomFormat, may_leave_open: bool) -> bool {
        let Some(told) = self.predicate_type else { return may_leave_open };
        let Ok(told) = serde_json::from_str::<String>(told.get()) else { return false };
        let of_format = match format {
            SbomFormat::CycloneDx | SbomFormat::CycloneDxXml => "https://cyclonedx.org/bom",
            SbomFormat::Spdx2 | SbomFormat::Spdx2Text | SbomFormat::Spdx3 => {
                "https://spdx.dev/Document"
            }
        };
        // A version may stand behind it.
        told.strip_prefix(of_format).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            || may_leave_open && ANY.contains(&told.as_str())
    }

    /// Whether it states something about one of `images`.
    fn is_about(&self, images: &[Digest]) -> bool {
        let subjects = self.subject.map(|all| serde_json::from_str::<Vec<Subject>>(all.get()));
        let mut named = subjects.and_then(Result::ok).unwrap_or_default().into_iter();
        named.any(|subject| images.iter().any(|image| subject.digest.has(image)))
    }
}

/// The bill that is all there is in a part of a document.
fn within(part: &RawValue) -> Option<(SbomFormat, Cow<'_, [u8]>)> {
    let bill = whole(part);
    Some((bare_format(&bill)?, bill))
}

/// All there is in a part of a document: an object, or all of it in a text.
fn whole(part: &RawValue) -> Cow<'_, [u8]> {
    let older = serde_json::from_str::<Carrier<'_>>(part.get()).ok();
    let all = older.and_then(|older| older.data).unwrap_or(part);
    match serde_json::from_str::<String>(all.get()) {
        Ok(text) => Cow::Owned(text.into_bytes()),
        Err(_) => Cow::Borrowed(all.get().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const CYCLONEDX: &str = "https://cyclonedx.org/bom";
    const SPDX: &str = "https://spdx.dev/Document";

    fn statement(predicate: &Value) -> Value {
        stating(CYCLONEDX, predicate)
    }

    fn stating(kind: &str, predicate: &Value) -> Value {
        json!({"_type": "https://in-toto.io/Statement/v1", "subject": [],
               "predicateType": kind, "predicate": predicate})
    }

    fn envelope(statement: &Value) -> Value {
        let payload = STANDARD.encode(statement.to_string());
        json!({"payloadType": "application/vnd.in-toto+json", "payload": payload})
    }

    fn bundle(envelope: &Value) -> Value {
        json!({"verificationMaterial": {}, "dsseEnvelope": envelope})
    }

    #[test]
    fn what_carries_a_bill() {
        let bill = json!({"bomFormat": "CycloneDX"});
        let old = json!({"Data": bill, "Timestamp": "2024-01-01T00:00:00Z"});
        for document in [
            json!({"sbom": bill}),
            statement(&bill),
            statement(&old),
            statement(&json!(bill.to_string())),
            envelope(&statement(&bill)),
            envelope(&statement(&old)),
            bundle(&envelope(&statement(&bill))),
        ] {
            let document = document.to_string();
            let (format, found) = carried(document.as_bytes(), None).unwrap();
            assert_eq!(format, SbomFormat::CycloneDx, "{document}");
            assert_eq!(serde_json::from_slice::<Value>(&found).unwrap(), bill, "{document}");
        }
    }

    /// As cosign downloads attestations: one a line.
    #[test]
    fn one_of_several_lines() {
        let other = envelope(&statement(&json!({"buildType": "by hand"})));
        let bill = envelope(&stating(SPDX, &json!("SPDXVersion: SPDX-2.3\n")));
        let lines = format!("{other}\n{bill}\n");
        let (format, found) = carried(lines.as_bytes(), None).unwrap();
        assert_eq!(
            (format, &*found),
            (SbomFormat::Spdx2Text, b"SPDXVersion: SPDX-2.3\n".as_slice())
        );
        assert_eq!(carried(other.to_string().as_bytes(), None), None);
    }

    #[test]
    fn a_predicate_is_what_it_is_said_to_be() {
        let image = Digest::of(b"image");
        let (cyclonedx, spdx) =
            (json!({"bomFormat": "CycloneDX"}), json!({"spdxVersion": "SPDX-2.3"}));
        for (kind, predicate, of_image, of_any) in [
            (json!(CYCLONEDX), &cyclonedx, true, true),
            (json!("https://cyclonedx.org/bom/v1.6"), &cyclonedx, true, true),
            (json!(SPDX), &spdx, true, true),
            (json!("https://spdx.dev/Document/v2.3"), &spdx, true, true),
            (json!(SPDX), &cyclonedx, false, false),
            (json!(CYCLONEDX), &spdx, false, false),
            (json!("https://cyclonedx.org/bombast"), &cyclonedx, false, false),
            (json!("https://cyclonedx.org/vex"), &cyclonedx, false, false),
            (json!("https://slsa.dev/provenance/v1"), &cyclonedx, false, false),
            (json!(1), &cyclonedx, false, false),
            (json!(ANY[1]), &cyclonedx, false, true),
            (Value::Null, &spdx, false, true),
        ] {
            let mut statement = stating("", predicate);
            statement["predicateType"] = kind;
            statement["subject"] = json!([{"digest": {"sha256": image.to_string()}}]);
            for document in [statement.clone(), envelope(&statement)] {
                let document = document.to_string();
                let found =
                    |images: Option<&[Digest]>| carried(document.as_bytes(), images).is_some();
                assert_eq!(found(Some(&[image])), of_image, "{document}");
                assert_eq!(found(None), of_any, "{document}");
            }
        }
    }

    #[test]
    fn a_statement_about_another_image() {
        let (image, index) = (Digest::of(b"image"), Digest::of(b"index"));
        let bill = json!({"bomFormat": "CycloneDX"});
        let about = |subject: &Value| {
            let mut statement = statement(&bill);
            statement["subject"] = subject.clone();
            statement
        };
        let long = Digest::Sha512([1; 64]);
        let named = |digest: Digest| json!({"name": "shop", "digest": {digest.algorithm(): digest.to_string()}});
        let images = [image, index, long];
        for (subject, is_about) in [
            (json!([named(image)]), true),
            (json!([named(index)]), true),
            (json!([named(long)]), true),
            (json!([{"digest": {"sha256": long.to_string()}}]), false),
            (json!([named(Digest::of(b"other")), named(image)]), true),
            (
                json!([{"name": "shop", "digest": {"sha512": "00", "sha256": image.to_string()}}]),
                true,
            ),
            (json!([named(Digest::of(b"other"))]), false),
            (json!([{"name": image.to_string()}]), false),
            (json!([{"digest": {"sha512": image.to_string()}}]), false),
            (json!([]), false),
            (json!(image.to_string()), false),
            (Value::Null, false),
        ] {
            for document in [about(&subject), envelope(&about(&subject))] {
                let document = document.to_string();
                let found = carried(document.as_bytes(), Some(&images));
                assert_eq!(found.is_some(), is_about, "{document}");
                // Who names no image takes any.
                assert!(carried(document.as_bytes(), None).is_some(), "{document}");
            }
        }
        // What is no statement says nothing of an image.
        let export = json!({"sbom": bill}).to_string();
        assert!(carried(export.as_bytes(), Some(&images)).is_some());
        // Of several lines, that about the image.
        let other = json!({"bomFormat": "CycloneDX", "serialNumber": "other"});
        let mut first = statement(&other);
        first["subject"] = json!([named(Digest::of(b"other"))]);
        let lines = format!("{}\n{}\n", envelope(&first), envelope(&about(&json!([named(image)]))));
        let (_, found) = carried(lines.as_bytes(), Some(&images)).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&found).unwrap(), bill);
    }

    #[test]
    fn what_carries_none() {
        let bill = json!({"bomFormat": "CycloneDX"});
        for document in [
            json!({"payload": "%"}),
            json!({"payload": 1, "predicate": null}),
            // Neither an envelope in an envelope nor a statement in a statement is looked into.
            envelope(&envelope(&statement(&bill))),
            statement(&statement(&bill)),
            bundle(&bundle(&envelope(&statement(&bill)))),
            json!([statement(&bill)]),
        ] {
            assert_eq!(carried(document.to_string().as_bytes(), None), None, "{document}");
        }
        assert_eq!(carried(b"{", None), None);
        assert_eq!(carried(b"", None), None);
    }
}
