//! Signed statements about images: attestations.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use palisade_api::Digest;
use serde_json::value::RawValue;

use super::bundle::{Beside, Bundle, Envelope, decoded, encoded_before_signing};
use super::root::RootOfTrust;

/// The type of a statement of in-toto in an envelope.
const STATEMENT: &str = "application/vnd.in-toto+json";
/// Envelopes of one document that are looked at: they come a line each.
const MOST: usize = 64;
/// Signatures of one envelope that are looked at.
const MOST_SIGNATURES: usize = 16;

/// The statements of in-toto in a document's envelopes that a verifier of one of `signers` finds
/// signed. What is told beside a signature stands in the bundle around the envelope, or, where
/// cosign attached that alone, in the `annotations` of the document.
pub fn signed_statements(
    document: &[u8],
    annotations: &BTreeMap<String, String>,
    signers: &[RootOfTrust],
    now: DateTime<Utc>,
) -> Vec<Vec<u8>> {
    let envelopes = serde_json::Deserializer::from_slice(document).into_iter::<&RawValue>();
    let envelopes = envelopes.map_while(Result::ok).take(MOST);
    envelopes.filter_map(|envelope| signed(envelope.get(), annotations, signers, now)).collect()
}

fn signed(
    json: &str,
    annotations: &BTreeMap<String, String>,
    signers: &[RootOfTrust],
    now: DateTime<Utc>,
) -> Option<Vec<u8>> {
    let (envelope, beside) = if let Ok(envelope) = serde_json::from_str::<Envelope>(json) {
        (envelope, Beside::in_annotations(annotations).ok()?)
    } else {
        let bundle: Bundle = serde_json::from_str(json).ok()?;
        (bundle.dsse_envelope?, bundle.verification_material.read().ok()?)
    };
    if envelope.payload_type != STATEMENT {
        return None;
    }
    let statement = decoded(&envelope.payload)?;
    let message = Bytes::from(encoded_before_signing(&envelope.payload_type, &statement));
    // Which image a statement is about is asked of itself.
    let speaks_of = Digest::of(&statement);
    let signatures = envelope.signatures.iter().take(MOST_SIGNATURES);
    let mut signatures = signatures.filter_map(|one| decoded(&one.sig)).map(|signature| {
        beside.clone().signed(speaks_of, Some(speaks_of), message.clone(), signature)
    });
    let is_signed = signatures.any(|signed| {
        signers
            .iter()
            .any(|root| root.verifiers.iter().any(|by| root.check(by, &signed, now).is_ok()))
    });
    is_signed.then_some(statement)
}
