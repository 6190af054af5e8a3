//! Rekor's transparency log: the promise to hold a signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_api::Digest;
use serde::{Deserialize, Serialize};

use super::error::SignatureError;
use super::key::PublicKey;
use super::signed::{LogEntry, Signed};

/// What the log signs: these fields in this order, without any space.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Promised<'a> {
    body: &'a str,
    integrated_time: i64,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: i64,
}

#[derive(Deserialize)]
struct Entry {
    kind: String,
    spec: serde_json::Value,
}

/// An entry of kind `hashedrekord`.
#[derive(Deserialize)]
struct Hashed {
    data: Data,
    signature: EntrySignature,
}

#[derive(Deserialize)]
struct Data {
    hash: Hash,
}

#[derive(Deserialize)]
struct Hash {
    algorithm: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntrySignature {
    content: String,
    public_key: Content,
}

#[derive(Deserialize)]
struct Content {
    content: String,
}

/// An entry of kind `dsse`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Deserialize)]
struct EnvelopeSignature {
    signature: String,
    verifier: String,
}

/// Checks that one of `logs` promises to hold `signed`, which is by `key`.
/// Gives the time at which it took it in, Unix seconds.
pub(super) fn check(
    logs: &[PublicKey],
    signed: &Signed,
    key: &PublicKey,
) -> Result<i64, SignatureError> {
    let entry = signed.log_entry.as_ref().ok_or(SignatureError::NotLogged)?;
    let promised = promised(entry).ok_or(SignatureError::Malformed("the log entry"))?;
    let log = logs.iter().find(|log| log.id() == entry.log_id);
    if !log.is_some_and(|log| log.signed(&promised, &entry.promise)) {
        return Err(SignatureError::OtherLog);
    }
    if !belongs(entry, signed, key).ok_or(SignatureError::Malformed("the log entry"))? {
        return Err(SignatureError::OtherEntry);
    }
    Ok(entry.integrated_time)
}

/// The bytes that the log signs.
fn promised(entry: &LogEntry) -> Option<Vec<u8>> {
    let body = STANDARD.encode(&entry.body);
    let promised = Promised {
        body: &body,
        integrated_time: entry.integrated_time,
        log_id: entry.log_id.to_string(),
        log_index: entry.log_index,
    };
    serde_json::to_vec(&promised).ok()
}

/// Whether the entry is of this signature by this key on this message.
fn belongs(entry: &LogEntry, signed: &Signed, key: &PublicKey) -> Option<bool> {
    let entry: Entry = serde_json::from_slice(&entry.body).ok()?;
    let decoded = |text: &str| STANDARD.decode(text.trim()).ok();
    // The key stands there as a certificate or by itself, in PEM.
    let is_key = |pem: &str| -> Option<bool> {
        let pem = String::from_utf8(decoded(pem)?).ok()?;
        let found = match super::certificate::first_in_pem(&pem) {
            Some(certificate) => super::certificate::key(&certificate)?,
            None => PublicKey::from_pem(&pem)?,
        };
        Some(found.info() == key.info())
    };
    match entry.kind.as_str() {
        "hashedrekord" => {
            let spec: Hashed = serde_json::from_value(entry.spec).ok()?;
            let hash = Digest::of(&signed.message).to_string();
            Some(
                spec.data.hash.algorithm == "sha256"
                    && spec.data.hash.value == hash
                    && decoded(&spec.signature.content)? == signed.signature
                    && is_key(&spec.signature.public_key.content)?,
            )
        }
        "dsse" => {
            // The signature is on the message: an entry that has the
            // signature and the key speaks of that message.
            let spec: Envelope = serde_json::from_value(entry.spec).ok()?;
            let [only] = spec.signatures.as_slice() else { return None };
            Some(decoded(&only.signature)? == signed.signature && is_key(&only.verifier)?)
        }
        _ => None,
    }
}
