//! Certificates that vouch for a signer's identity.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::asn1_rs::Utf8String;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use super::error::SignatureError;
use super::key::PublicKey;

/// Extended key usages: code signing, 1.3.6.1.5.5.7.3.3, and time stamping, 1.3.6.1.5.5.7.3.8.
const CODE_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];
const TIME_STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
/// Fulcio's extensions for who vouched for the identity, as plain text and as
/// a string in DER.
const ISSUER: &str = "1.3.6.1.4.1.57264.1.1";
const ISSUER_V2: &str = "1.3.6.1.4.1.57264.1.8";
/// Most certificates in one text.
const MAX_CERTIFICATES: usize = 32;

const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    webpki::ring::ECDSA_P256_SHA256,
    webpki::ring::ECDSA_P256_SHA384,
    webpki::ring::ECDSA_P384_SHA256,
    webpki::ring::ECDSA_P384_SHA384,
    webpki::ring::ED25519,
    webpki::ring::RSA_PKCS1_2048_8192_SHA256,
    webpki::ring::RSA_PKCS1_2048_8192_SHA384,
    webpki::ring::RSA_PKCS1_2048_8192_SHA512,
];

/// All certificates of a text in PEM; none where there is none or one of them
/// is broken.
pub(super) fn all_in_pem(text: &str) -> Option<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(text.as_bytes()).take(MAX_CERTIFICATES).collect();
    all.ok().filter(|all| !all.is_empty())
}

/// The first certificate of a text in PEM.
pub(super) fn first_in_pem(text: &str) -> Option<CertificateDer<'static>> {
    all_in_pem(text)?.into_iter().next()
}

/// The key that a certificate vouches for.
pub(super) fn key(certificate: &CertificateDer<'_>) -> Option<PublicKey> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    PublicKey::from_der(parsed.public_key().raw)
}

/// Whether a certificate is its own issuer's.
fn is_root(certificate: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, parsed)| parsed.subject().as_raw() == parsed.issuer().as_raw())
}

/// What a certificate must be for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    SignCode,
    StampTime,
}

impl Purpose {
    const fn usage(self) -> &'static [u8] {
        match self {
            Self::SignCode => CODE_SIGNING,
            Self::StampTime => TIME_STAMPING,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::SignCode => "signing code",
            Self::StampTime => "stamping times",
        }
    }

    fn is_that_of(self, certificate: &CertificateDer<'_>) -> bool {
        X509Certificate::from_der(certificate).is_ok_and(|(_, parsed)| {
            let usage = parsed.extended_key_usage().ok().flatten();
            usage.is_some_and(|usage| match self {
                Self::SignCode => usage.value.code_signing,
                Self::StampTime => usage.value.time_stamping,
            })
        })
    }
}

/// Checks that `certificate` may serve `purpose` at `time` by the word of one of
/// `authorities`; `chain` may lead from one to the other.
pub(super) fn check(
    certificate: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
    authorities: &[&CertificateDer<'_>],
    time: DateTime<Utc>,
    purpose: Purpose,
) -> Result<(), SignatureError> {
    let refused = |error: webpki::Error| SignatureError::Certificate(error.to_string());
    if !purpose.is_that_of(certificate) {
        return Err(SignatureError::Certificate(format!("it is not for {}", purpose.text())));
    }
    let (roots, others): (Vec<_>, Vec<_>) =
        authorities.iter().copied().partition(|one| is_root(one));
    let anchors: Result<Vec<_>, _> =
        roots.iter().map(|root| anchor_from_trusted_cert(root)).collect();
    let between: Vec<CertificateDer<'_>> = others.into_iter().chain(chain).cloned().collect();
    let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
    EndEntityCert::try_from(certificate)
        .map_err(refused)?
        .verify_for_usage(
            ALGORITHMS,
            &anchors.map_err(refused)?,
            &between,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            // Authorities need not say it; the signer's certificate must.
            KeyUsage::required_if_present(purpose.usage()),
            None,
            None,
        )
        .map_err(refused)?;
    Ok(())
}

/// Who a certificate is for, and who vouched for that: the first name of the
/// subject, and Fulcio's issuer (empty where there is none).
pub(super) fn identity(certificate: &CertificateDer<'_>) -> Option<(Vec<String>, String)> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let names = parsed.subject_alternative_name().ok()?;
    let names = names.map(|names| names.value.general_names.as_slice()).unwrap_or_default();
    let subjects = names
        .iter()
        .filter_map(|name| match name {
            GeneralName::RFC822Name(text) | GeneralName::URI(text) | GeneralName::DNSName(text) => {
                Some((*text).to_owned())
            }
            _ => None,
        })
        .collect();
    let extension = |oid: &str| {
        parsed.extensions().iter().find(|one| one.oid.to_id_string() == oid).map(|one| one.value)
    };
    let issuer = match (extension(ISSUER_V2), extension(ISSUER)) {
        (Some(der), _) => Utf8String::from_der(der).ok()?.1.string(),
        (None, Some(plain)) => std::str::from_utf8(plain).ok()?.to_owned(),
        (None, None) => String::new(),
    };
    Some((subjects, issuer))
}
