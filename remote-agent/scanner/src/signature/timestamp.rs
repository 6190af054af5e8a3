//! Certificate transparency: a log's promise, inside a certificate, to hold
//! it (RFC 6962).

use chrono::DateTime;
use palisade_api::Digest;
use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ParsedExtension, SignedCertificateTimestamp};
use x509_parser::prelude::FromDer as _;

use super::believed::Believed;
use super::der;
use super::error::SignatureError;
use super::key::PublicKey;

/// The extension that the promises are in, 1.3.6.1.4.1.11129.2.4.2, as an
/// element of DER.
const PROMISES: &[u8] = &[0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02];
/// Tag of the extensions in a certificate.
const EXTENSIONS: u8 = 0xa3;
const SEQUENCE: u8 = 0x30;
/// The kind of entry for a certificate before the promises were put in.
const PRECERT_ENTRY: [u8; 2] = [0, 1];
/// Version 1, and that a certificate's timestamp is signed.
const VERSION_AND_TYPE: [u8; 2] = [0, 0];

/// Checks that one of `logs` promises to hold `certificate`, whose issuer is
/// among `issuers`.
pub(super) fn check<'a>(
    certificate: &CertificateDer<'_>,
    issuers: impl Iterator<Item = &'a CertificateDer<'a>>,
    logs: &[Believed<PublicKey>],
) -> Result<(), SignatureError> {
    let malformed = SignatureError::Malformed("the certificate");
    let (_, parsed) = X509Certificate::from_der(certificate)
        .map_err(|_| SignatureError::Malformed("the certificate"))?;
    let without = without_promises(parsed.tbs_certificate.as_ref()).ok_or(malformed)?;
    let promises = parsed.extensions().iter().find_map(|one| match one.parsed_extension() {
        ParsedExtension::SCT(promises) => Some(promises),
        _ => None,
    });
    let promises = promises.ok_or(SignatureError::CertificateNotLogged)?;
    for issuer in issuers {
        let Ok((_, issuer)) = X509Certificate::from_der(issuer) else { continue };
        if issuer.subject().as_raw() != parsed.issuer().as_raw() {
            continue;
        }
        let issuer_key = Digest::of(issuer.public_key().raw);
        let kept = promises.iter().any(|promise| is_kept(promise, issuer_key, &without, logs));
        if kept {
            return Ok(());
        }
    }
    Err(SignatureError::CertificateNotLogged)
}

fn is_kept(
    promise: &SignedCertificateTimestamp<'_>,
    issuer_key: Digest,
    certificate: &[u8],
    logs: &[Believed<PublicKey>],
) -> bool {
    let Some(time) = DateTime::from_timestamp_millis(promise.timestamp as i64) else {
        return false;
    };
    let mut logs = logs.iter().filter(|log| log.period.has(time)).map(|log| &log.of);
    let Some(log) = logs.find(|log| log.id().as_bytes() == promise.id.key_id) else {
        return false;
    };
    let length = (certificate.len() as u32).to_be_bytes();
    let extensions = promise.extensions.0;
    let mut signed = VERSION_AND_TYPE.to_vec();
    signed.extend(promise.timestamp.to_be_bytes());
    signed.extend(PRECERT_ENTRY);
    signed.extend(issuer_key.as_bytes());
    // A length of three bytes: no certificate is longer.
    signed.extend(length.iter().skip(1));
    signed.extend(certificate);
    signed.extend((extensions.len() as u16).to_be_bytes());
    signed.extend(extensions);
    log.signed(&signed, promise.signature.data)
}

/// The part of a certificate that is signed, as it was before the promises
/// were put in.
fn without_promises(signed: &[u8]) -> Option<Vec<u8>> {
    let (signed, rest) = der::read(signed)?;
    if signed.tag != SEQUENCE || !rest.is_empty() {
        return None;
    }
    let mut content = Vec::with_capacity(signed.content.len());
    for element in der::read_all(signed.content)? {
        if element.tag != EXTENSIONS {
            content.extend_from_slice(element.whole);
            continue;
        }
        let (list, _) = der::read(element.content)?;
        let kept: Vec<u8> = der::read_all(list.content)?
            .into_iter()
            .filter(|extension| !extension.content.starts_with(PROMISES))
            .flat_map(|extension| extension.whole)
            .copied()
            .collect();
        content.extend(der::write(EXTENSIONS, &der::write(SEQUENCE, &kept)));
    }
    Some(der::write(SEQUENCE, &content))
}
