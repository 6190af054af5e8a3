//! Rekor's transparency log: that it holds a signature, by a promise or a proof, and that what
//! it holds is that signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use palisade_api::Digest;
use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use super::believed::{self, Believed};
use super::error::SignatureError;
use super::key::PublicKey;
use super::signed::{Evidence, Promise, Signed};
use super::{certificate, inclusion};

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
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    api_version: String,
    kind: String,
    spec: serde_json::Value,
}

/// The version of entries in logs that prove what they hold.
const TILED: &str = "0.0.2";
/// The version of entries of kind `intoto` that have signatures: older ones name the key alone.
const STATEMENT: &str = "0.0.2";

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

/// An entry of kind `intoto`, as cosign wrote for statements before there was `dsse`.
#[derive(Deserialize)]
struct Statement {
    content: StatementContent,
}

#[derive(Deserialize)]
struct StatementContent {
    envelope: StatementEnvelope,
}

#[derive(Deserialize)]
struct StatementEnvelope {
    signatures: Vec<StatementSignature>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatementSignature {
    /// In base64 twice: it is that of the text which the envelope has.
    sig: String,
    public_key: String,
}

/// An entry of kind `hashedrekord`, of version 0.0.2.
#[derive(Deserialize)]
struct TiledHashed {
    #[serde(rename = "hashedRekordV002")]
    of: TiledSignature,
}

#[derive(Deserialize)]
struct TiledSignature {
    data: TiledData,
    signature: SignatureOf,
}

#[derive(Deserialize)]
struct TiledData {
    algorithm: String,
    digest: String,
}

/// An entry of kind `dsse`, of version 0.0.2.
#[derive(Deserialize)]
struct TiledEnvelope {
    #[serde(rename = "dsseV002")]
    of: TiledSignatures,
}

#[derive(Deserialize)]
struct TiledSignatures {
    signatures: Vec<SignatureOf>,
}

#[derive(Deserialize)]
struct SignatureOf {
    content: String,
    verifier: Verifier,
}

/// Whose signature it is: one of both.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verifier {
    x509_certificate: Option<Raw>,
    public_key: Option<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    raw_bytes: String,
}

impl SignatureOf {
    /// Whether it is this signature by this key.
    fn is(&self, signed: &Signed, key: &PublicKey) -> Option<bool> {
        let Verifier { x509_certificate, public_key } = &self.verifier;
        let found = match (x509_certificate, public_key) {
            (Some(raw), _) => certificate::key(&CertificateDer::from(decoded(&raw.raw_bytes)?))?,
            (None, Some(raw)) => PublicKey::from_der(&decoded(&raw.raw_bytes)?)?,
            (None, None) => return None,
        };
        Some(decoded(&self.content)? == signed.signature && found.info() == key.info())
    }
}

/// Checks that one of `logs` holds `signed`, which is by `key` and was there at `stamped`, and
/// says since when, where the log tells.
pub(super) fn check(
    logs: &[Believed<PublicKey>],
    signed: &Signed,
    key: &PublicKey,
    stamped: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, SignatureError> {
    let entry = signed.log_entry.as_ref().ok_or(SignatureError::NotLogged)?;
    let malformed = SignatureError::Malformed("the log entry");
    let (is_held, taken) = match &entry.evidence {
        Evidence::Promise(promise) => {
            let time = DateTime::from_timestamp(promise.integrated_time, 0);
            let (Some(time), Some(promised)) = (time, promised(&entry.body, promise)) else {
                return Err(malformed);
            };
            let logs = believed::at(logs, time);
            let log = logs.iter().find(|log| log.id() == promise.log_id);
            let is_held = log.is_some_and(|log| log.signed(&promised, &promise.signature));
            (is_held, Some(time))
        }
        Evidence::Inclusion(proof) => {
            // Where nobody tells a time, a log counts whenever it was in use.
            let logs = match stamped {
                Some(time) => believed::at(logs, time),
                None => logs.iter().map(|log| &log.of).collect(),
            };
            let is_held = inclusion::holds(proof, &entry.body, &logs).ok_or(malformed)?;
            (is_held, None)
        }
    };
    if !is_held {
        return Err(SignatureError::OtherLog);
    }
    let belongs = belongs(&entry.body, signed, key);
    if !belongs.ok_or(SignatureError::Malformed("the log entry"))? {
        return Err(SignatureError::OtherEntry);
    }
    Ok(taken)
}

/// The bytes that the log signs.
fn promised(body: &[u8], promise: &Promise) -> Option<Vec<u8>> {
    let body = STANDARD.encode(body);
    let promised = Promised {
        body: &body,
        integrated_time: promise.integrated_time,
        log_id: promise.log_id.to_string(),
        log_index: promise.log_index,
    };
    serde_json::to_vec(&promised).ok()
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok()
}

/// Whether the entry is of this signature by this key on this message.
fn belongs(body: &[u8], signed: &Signed, key: &PublicKey) -> Option<bool> {
    let entry: Entry = serde_json::from_slice(body).ok()?;
    // The key stands there as a certificate or by itself, in PEM.
    let is_key = |pem: &str| -> Option<bool> {
        let pem = String::from_utf8(decoded(pem)?).ok()?;
        let found = match certificate::first_in_pem(&pem) {
            Some(certificate) => certificate::key(&certificate)?,
            None => PublicKey::from_pem(&pem)?,
        };
        Some(found.info() == key.info())
    };
    // The signature is on the message: an entry of an envelope that has the signature and the
    // key speaks of that message.
    match (entry.kind.as_str(), entry.api_version.as_str()) {
        ("hashedrekord", TILED) => {
            let spec: TiledHashed = serde_json::from_value(entry.spec).ok()?;
            let of = spec.of;
            let is_hash = of.data.algorithm == "SHA2_256"
                && inclusion::hash(&of.data.digest)? == Digest::of(&signed.message);
            Some(is_hash && of.signature.is(signed, key)?)
        }
        ("dsse", TILED) => {
            let spec: TiledEnvelope = serde_json::from_value(entry.spec).ok()?;
            let [only] = spec.of.signatures.as_slice() else { return None };
            only.is(signed, key)
        }
        ("hashedrekord", _) => {
            let spec: Hashed = serde_json::from_value(entry.spec).ok()?;
            let hash = Digest::of(&signed.message).to_string();
            Some(
                spec.data.hash.algorithm == "sha256"
                    && spec.data.hash.value == hash
                    && decoded(&spec.signature.content)? == signed.signature
                    && is_key(&spec.signature.public_key.content)?,
            )
        }
        ("dsse", _) => {
            let spec: Envelope = serde_json::from_value(entry.spec).ok()?;
            let [only] = spec.signatures.as_slice() else { return None };
            Some(decoded(&only.signature)? == signed.signature && is_key(&only.verifier)?)
        }
        ("intoto", STATEMENT) => {
            let spec: Statement = serde_json::from_value(entry.spec).ok()?;
            let [only] = spec.content.envelope.signatures.as_slice() else { return None };
            let signature = decoded(std::str::from_utf8(&decoded(&only.sig)?).ok()?)?;
            Some(signature == signed.signature && is_key(&only.public_key)?)
        }
        _ => None,
    }
}
