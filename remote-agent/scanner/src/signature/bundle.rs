//! The forms in which signatures are attached: cosign's annotations, and the
//! bundles of newer clients.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use palisade_api::Digest;
use rustls_pki_types::CertificateDer;
use serde::Deserialize;

use super::error::SignatureError;
use super::signed::{Evidence, Inclusion, LogEntry, Promise, Signed};
use super::{certificate, inclusion, payload};

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const BUNDLE: &str = "dev.sigstore.cosign/bundle";
const STAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";
/// Timestamps of one signature that are looked at.
const MOST_STAMPS: usize = 8;

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

/// cosign's own form of a timestamp.
#[derive(Deserialize)]
struct AnnotatedStamp {
    #[serde(rename = "SignedRFC3161Timestamp")]
    signed: String,
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
    /// Reads a bundle that was found at the image `subject`, whose `manifest` may be what is
    /// signed. None when it is about something else.
    pub fn from_bundle(
        subject: Digest,
        manifest: &Bytes,
        json: &[u8],
    ) -> Result<Option<Self>, SignatureError> {
        bundled(subject, manifest, json)
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
    let signature = told(SIGNATURE).and_then(decoded);
    let signature = signature.ok_or(SignatureError::Malformed("the signature"))?;
    let speaks_of = payload::image(&message);
    let beside = Beside::in_annotations(annotations)?;
    Ok(beside.signed(subject, speaks_of, message.into(), signature))
}

/// What is told beside a signature.
#[derive(Clone, Debug, Default)]
pub(super) struct Beside {
    certificate: Option<CertificateDer<'static>>,
    chain: Vec<CertificateDer<'static>>,
    log_entry: Option<LogEntry>,
    stamps: Vec<Vec<u8>>,
}

impl Beside {
    /// In the annotations of what is signed, as cosign attaches it.
    pub(super) fn in_annotations(
        annotations: &BTreeMap<String, String>,
    ) -> Result<Self, SignatureError> {
        let told =
            |name: &str| annotations.get(name).map(String::as_str).filter(|text| !text.is_empty());
        let malformed = SignatureError::Malformed;
        let certificate = told(CERTIFICATE)
            .map(|pem| certificate::first_in_pem(pem).ok_or(malformed("the certificate")))
            .transpose()?;
        let chain = told(CHAIN)
            .map(|pem| certificate::all_in_pem(pem).ok_or(malformed("the certificate chain")))
            .transpose()?;
        let log_entry = told(BUNDLE)
            .map(|json| annotated_entry(json).ok_or(malformed("the log entry")))
            .transpose()?;
        let stamp = told(STAMP)
            .map(|json| annotated_stamp(json).ok_or(malformed("the timestamp")))
            .transpose()?;
        let (chain, stamps) = (chain.unwrap_or_default(), stamp.into_iter().collect());
        Ok(Self { certificate, chain, log_entry, stamps })
    }

    /// The signature with it.
    pub(super) fn signed(
        self,
        subject: Digest,
        speaks_of: Option<Digest>,
        message: Bytes,
        signature: Vec<u8>,
    ) -> Signed {
        let Self { certificate, chain, log_entry, stamps } = self;
        Signed { subject, speaks_of, message, signature, certificate, chain, log_entry, stamps }
    }
}

fn annotated_entry(json: &str) -> Option<LogEntry> {
    let annotated: Annotated = serde_json::from_str(json).ok()?;
    let entry = annotated.payload;
    let promise = Promise {
        integrated_time: entry.integrated_time,
        log_index: entry.log_index,
        log_id: Digest::from_oci(&format!("sha256:{}", entry.log_id)).ok()?,
        signature: decoded(&annotated.signed_entry_timestamp)?,
    };
    Some(LogEntry { body: decoded(&entry.body)?, evidence: Evidence::Promise(promise) })
}

fn annotated_stamp(json: &str) -> Option<Vec<u8>> {
    let stamp: AnnotatedStamp = serde_json::from_str(json).ok()?;
    decoded(&stamp.signed)
}

/// A bundle of newer clients, whatever its version.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle {
    pub(super) verification_material: Material,
    pub(super) dsse_envelope: Option<Envelope>,
    message_signature: Option<MessageSignature>,
}

/// A signature on what is not in the bundle.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageSignature {
    message_digest: Option<MessageDigest>,
    signature: String,
}

#[derive(Deserialize)]
struct MessageDigest {
    algorithm: String,
    digest: String,
}

impl MessageSignature {
    /// Whether it may be on what has this digest: it need not tell, and one by another
    /// algorithm tells nothing.
    fn may_be_on(&self, digest: Digest) -> bool {
        self.message_digest.as_ref().is_none_or(|told| {
            let algorithm = match told.algorithm.as_str() {
                "SHA2_256" => "sha256",
                "SHA2_512" => "sha512",
                _ => return false,
            };
            let told =
                decoded(&told.digest).and_then(|bytes| Digest::try_from(bytes.as_slice()).ok());
            told.filter(|told| told.algorithm() == algorithm)
                .is_some_and(|told| told.algorithm() != digest.algorithm() || told == digest)
        })
    }
}

/// Whether a bundle is a signature on something outside of it.
pub(super) fn is_detached(json: &[u8]) -> bool {
    serde_json::from_slice::<Bundle>(json).is_ok_and(|bundle| bundle.message_signature.is_some())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Material {
    certificate: Option<Raw>,
    x509_certificate_chain: Option<Chain>,
    #[serde(default)]
    tlog_entries: Vec<BundledEntry>,
    timestamp_verification_data: Option<Stamps>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Stamps {
    rfc3161_timestamps: Vec<Stamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stamp {
    signed_timestamp: String,
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

/// A log entry. Numbers that are 0 are left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundledEntry {
    log_index: Option<Number>,
    log_id: Option<KeyId>,
    integrated_time: Option<Number>,
    inclusion_promise: Option<BundledPromise>,
    inclusion_proof: Option<Proof>,
    canonicalized_body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    log_index: Option<Number>,
    #[serde(default)]
    hashes: Vec<String>,
    checkpoint: Checkpoint,
}

#[derive(Deserialize)]
struct Checkpoint {
    envelope: String,
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
struct BundledPromise {
    signed_entry_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    pub(super) payload: String,
    pub(super) payload_type: String,
    pub(super) signatures: Vec<EnvelopeSignature>,
}

#[derive(Deserialize)]
pub(super) struct EnvelopeSignature {
    pub(super) sig: String,
}

/// Reads a bundle around a statement that the image is signed, or with a signature on the
/// image's manifest. None when it is about something else.
fn bundled(
    subject: Digest,
    manifest: &Bytes,
    json: &[u8],
) -> Result<Option<Signed>, SignatureError> {
    let malformed = || SignatureError::Malformed("the bundle");
    let bundle: Bundle = serde_json::from_slice(json).map_err(|_| malformed())?;
    let (message, signature) = match (bundle.dsse_envelope, bundle.message_signature) {
        (Some(envelope), _) => {
            let statement = decoded(&envelope.payload).ok_or_else(malformed)?;
            if !payload::states(&statement, subject) {
                return Ok(None);
            }
            let mut signatures = envelope.signatures.into_iter();
            let (Some(only), None) = (signatures.next(), signatures.next()) else {
                return Err(malformed());
            };
            let message = encoded_before_signing(&envelope.payload_type, &statement);
            (Bytes::from(message), only.sig)
        }
        (None, Some(detached)) => {
            if !detached.may_be_on(subject) || subject.same_of(manifest) != subject {
                return Ok(None);
            }
            (manifest.clone(), detached.signature)
        }
        (None, None) => return Ok(None),
    };
    let signature = decoded(&signature).ok_or_else(malformed)?;
    let beside = bundle.verification_material.read()?;
    Ok(Some(beside.signed(subject, Some(subject), message, signature)))
}

impl Material {
    pub(super) fn read(self) -> Result<Beside, SignatureError> {
        let malformed = || SignatureError::Malformed("the bundle");
        let chain = self.x509_certificate_chain.map(|chain| chain.certificates);
        let mut certificates = self
            .certificate
            .into_iter()
            .chain(chain.unwrap_or_default())
            .map(|raw| decoded(&raw.raw_bytes).map(CertificateDer::from).ok_or_else(malformed));
        let certificate = certificates.next().transpose()?;
        let chain = certificates.collect::<Result<Vec<_>, _>>()?;
        // A promise tells the time, a proof does not.
        let (promised, proven): (Vec<_>, Vec<_>) =
            self.tlog_entries.into_iter().partition(|entry| entry.inclusion_promise.is_some());
        let proven = proven.into_iter().filter(|entry| entry.inclusion_proof.is_some());
        let entry = promised.into_iter().chain(proven).next();
        let log_entry = entry.map(|entry| entry.read().ok_or_else(malformed)).transpose()?;
        let stamps = self.timestamp_verification_data.unwrap_or_default().rfc3161_timestamps;
        let stamps = stamps
            .iter()
            .take(MOST_STAMPS)
            .map(|stamp| decoded(&stamp.signed_timestamp).ok_or_else(malformed));
        let stamps = stamps.collect::<Result<Vec<_>, _>>()?;
        Ok(Beside { certificate, chain, log_entry, stamps })
    }
}

impl BundledEntry {
    fn read(self) -> Option<LogEntry> {
        let number = |number: Option<Number>| number.map_or(Some(0), Number::read);
        let evidence = match (self.inclusion_promise, self.inclusion_proof) {
            (Some(promise), _) => {
                let log_id = <[u8; 32]>::try_from(decoded(&self.log_id?.key_id)?).ok()?;
                Evidence::Promise(Promise {
                    integrated_time: number(self.integrated_time)?,
                    log_index: number(self.log_index)?,
                    log_id: Digest::from_bytes(log_id),
                    signature: decoded(&promise.signed_entry_timestamp)?,
                })
            }
            (None, Some(proof)) => {
                let hashes = proof.hashes.iter().map(|text| inclusion::hash(text));
                Evidence::Inclusion(Inclusion {
                    index: number(proof.log_index)?.try_into().ok()?,
                    hashes: hashes.collect::<Option<_>>()?,
                    checkpoint: proof.checkpoint.envelope,
                })
            }
            (None, None) => return None,
        };
        Some(LogEntry { body: decoded(&self.canonicalized_body)?, evidence })
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

pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok()
}
