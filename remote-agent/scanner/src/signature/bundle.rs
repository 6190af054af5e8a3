//! The forms in which signatures are attached: cosign's annotations, and the
//! bundles of newer clients.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_api::Digest;
use rustls_pki_types::CertificateDer;
use serde::Deserialize;

use super::error::SignatureError;
use super::signed::{LogEntry, Signed};
use super::{certificate, payload};

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const BUNDLE: &str = "dev.sigstore.cosign/bundle";

/// Whether a blob with these annotations is a signed payload.
pub(super) fn is_annotated(annotations: &BTreeMap<String, String>) -> bool {
    annotations.contains_key(SIGNATURE)
}

/// cosign's own form of a log entry.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Annotated {
    signed_entry_timestamp: String,
    payload: AnnotatedEntry,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnnotatedEntry {
    body: String,
    integrated_time: i64,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: i64,
}

impl Signed {
    /// Reads a bundle that was found at the image `subject`. None when it is
    /// about something else.
    pub fn from_bundle(subject: Digest, json: &[u8]) -> Result<Option<Self>, SignatureError> {
        bundled(subject, json)
    }

    /// Reads a payload that was found at the image `subject` with annotations.
    pub fn from_payload(
        subject: Digest,
        payload: Vec<u8>,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Self, SignatureError> {
        annotated(subject, payload, annotations)
    }
}

/// A payload with what its annotations tell.
fn annotated(
    subject: Digest,
    message: Vec<u8>,
    annotations: &BTreeMap<String, String>,
) -> Result<Signed, SignatureError> {
    let told =
        |name: &str| annotations.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let malformed = SignatureError::Malformed;
    let signature = told(SIGNATURE).and_then(decoded).ok_or(malformed("the signature"))?;
    let certificate = told(CERTIFICATE)
        .map(|pem| certificate::first_in_pem(pem).ok_or(malformed("the certificate")))
        .transpose()?;
    let chain = told(CHAIN)
        .map(|pem| certificate::all_in_pem(pem).ok_or(malformed("the certificate chain")))
        .transpose()?;
    let log_entry = told(BUNDLE)
        .map(|json| annotated_entry(json).ok_or(malformed("the log entry")))
        .transpose()?;
    Ok(Signed {
        subject,
        speaks_of: payload::image(&message),
        message,
        signature,
        certificate,
        chain: chain.unwrap_or_default(),
        log_entry,
    })
}

fn annotated_entry(json: &str) -> Option<LogEntry> {
    let annotated: Annotated = serde_json::from_str(json).ok()?;
    let entry = annotated.payload;
    Some(LogEntry {
        body: decoded(&entry.body)?,
        integrated_time: entry.integrated_time,
        log_index: entry.log_index,
        log_id: Digest::from_oci(&format!("sha256:{}", entry.log_id)).ok()?,
        promise: decoded(&annotated.signed_entry_timestamp)?,
    })
}

/// A bundle of newer clients, whatever its version.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    verification_material: Material,
    dsse_envelope: Option<Envelope>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    certificate: Option<Raw>,
    x509_certificate_chain: Option<Chain>,
    #[serde(default)]
    tlog_entries: Vec<BundledEntry>,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    raw_bytes: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundledEntry {
    log_index: Number,
    log_id: KeyId,
    integrated_time: Number,
    inclusion_promise: Option<Promise>,
    canonicalized_body: String,
}

/// JSON of protocol buffers writes large numbers as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(i64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyId {
    key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Promise {
    signed_entry_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Deserialize)]
struct EnvelopeSignature {
    sig: String,
}

/// Reads a bundle around a statement that the image is signed. None when it
/// is about something else.
fn bundled(subject: Digest, json: &[u8]) -> Result<Option<Signed>, SignatureError> {
    let malformed = || SignatureError::Malformed("the bundle");
    let bundle: Bundle = serde_json::from_slice(json).map_err(|_| malformed())?;
    let Some(envelope) = bundle.dsse_envelope else { return Ok(None) };
    let statement = decoded(&envelope.payload).ok_or_else(malformed)?;
    if !payload::states(&statement, subject) {
        return Ok(None);
    }
    let [signature] = envelope.signatures.as_slice() else { return Err(malformed()) };
    let material = bundle.verification_material;
    let chain = material.x509_certificate_chain.map(|chain| chain.certificates);
    let mut certificates = material
        .certificate
        .into_iter()
        .chain(chain.unwrap_or_default())
        .map(|raw| decoded(&raw.raw_bytes).map(CertificateDer::from).ok_or_else(malformed));
    let certificate = certificates.next().transpose()?;
    let chain = certificates.collect::<Result<Vec<_>, _>>()?;
    let entry = material.tlog_entries.into_iter().find(|entry| entry.inclusion_promise.is_some());
    let log_entry = entry.map(|entry| entry.read().ok_or_else(malformed)).transpose()?;
    Ok(Some(Signed {
        subject,
        speaks_of: Some(subject),
        message: encoded_before_signing(&envelope.payload_type, &statement),
        signature: decoded(&signature.sig).ok_or_else(malformed)?,
        certificate,
        chain,
        log_entry,
    }))
}

impl BundledEntry {
    fn read(self) -> Option<LogEntry> {
        let log_id = <[u8; 32]>::try_from(decoded(&self.log_id.key_id)?).ok()?;
        Some(LogEntry {
            body: decoded(&self.canonicalized_body)?,
            integrated_time: self.integrated_time.read()?,
            log_index: self.log_index.read()?,
            log_id: Digest::from_bytes(log_id),
            promise: decoded(&self.inclusion_promise?.signed_entry_timestamp)?,
        })
    }
}

impl Number {
    fn read(self) -> Option<i64> {
        match self {
            Self::Plain(number) => Some(number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

/// What is signed of an envelope (DSSE's pre-authentication encoding).
pub(super) fn encoded_before_signing(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut encoded = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    encoded.extend_from_slice(payload);
    encoded
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok()
}
