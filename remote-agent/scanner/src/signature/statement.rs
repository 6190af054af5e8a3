//! Statements about images, signed with a key pair: attestations.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::bundle::{Envelope, decoded, encoded_before_signing};
use super::key::PublicKey;

/// The type of a statement of in-toto in an envelope.
const STATEMENT: &str = "application/vnd.in-toto+json";
/// Envelopes of one document that are looked at: they come a line each.
const MOST: usize = 64;
/// Signatures of one envelope that are looked at.
const MOST_SIGNATURES: usize = 16;

/// A bundle of newer clients, of which the envelope counts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    dsse_envelope: Envelope,
}

/// The statements of in-toto in a document's envelopes that one of `signers` has signed.
pub fn signed_statements(document: &[u8], signers: &[PublicKey]) -> Vec<Vec<u8>> {
    let envelopes = serde_json::Deserializer::from_slice(document).into_iter::<&RawValue>();
    let envelopes = envelopes.map_while(Result::ok).take(MOST);
    envelopes.filter_map(|envelope| signed(envelope.get(), signers)).collect()
}

fn signed(json: &str, signers: &[PublicKey]) -> Option<Vec<u8>> {
    let bundled = || serde_json::from_str::<Bundle>(json).map(|bundle| bundle.dsse_envelope);
    let envelope = serde_json::from_str::<Envelope>(json).or_else(|_| bundled()).ok()?;
    if envelope.payload_type != STATEMENT {
        return None;
    }
    let statement = decoded(&envelope.payload)?;
    let message = encoded_before_signing(&envelope.payload_type, &statement);
    let mut signatures =
        envelope.signatures.iter().take(MOST_SIGNATURES).filter_map(|one| decoded(&one.sig));
    let is_signed = signatures
        .any(|signature| signers.iter().any(|signer| signer.signed(&message, &signature)));
    is_signed.then_some(statement)
}
