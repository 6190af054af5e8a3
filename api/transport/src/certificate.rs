//! Reading certificates: whose they are and how long they last; writing them as PEM.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use palisade_api::{ClusterId, Digest, ReplicaId};
use rand::Rng;
use rustls_pki_types::CertificateDer;
use thiserror::Error;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// What the URI of a member's certificate begins with; the cluster id follows.
const MEMBER_URI: &str = "palisade://cluster/";

/// What the URI of a replica's certificate begins with; the replica's id
/// follows.
const REPLICA_URI: &str = "palisade://replica/";

/// The part of a certificate's life within which those that are due at the same moment
/// are renewed.
const SPREAD: u32 = 12;

/// How long a renewal waits that is due already.
const OVERDUE: Duration = Duration::from_mins(1);
const OVERDUE_LEAST: Duration = Duration::from_secs(1);

/// A certificate as a text.
pub fn to_pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = tail;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

/// A certificate that cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a readable X.509 certificate")]
pub struct UnreadableCertificate;

/// The span of time in which a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// First second of validity.
    pub not_before: DateTime<Utc>,
    /// Last second of validity.
    pub not_after: DateTime<Utc>,
}

impl Validity {
    /// Whether two thirds of the span are over, so that renewal is due.
    pub fn renewal_due(&self, now: DateTime<Utc>) -> bool {
        now >= self.renewal_at()
    }

    /// The time at which two thirds of the span are over.
    pub fn renewal_at(&self) -> DateTime<Utc> {
        self.not_before + (self.not_after - self.not_before) * 2 / 3
    }

    /// How long to wait before the renewal: somewhat less than until it is due, at
    /// random, so that those that joined together do not come back together. What is due
    /// already, by a clock that is ahead or after a long absence, waits as well: nobody is
    /// asked in a loop.
    pub fn until_renewal(&self, now: DateTime<Utc>, rng: &mut impl Rng) -> Duration {
        let until = |at: DateTime<Utc>| (at - now).to_std().unwrap_or_default();
        let life = (self.not_after - self.not_before).to_std().unwrap_or_default();
        let sooner = rng.random_range(Duration::ZERO..=life / SPREAD);
        let overdue = (until(self.not_after) / 4).clamp(OVERDUE_LEAST, OVERDUE);
        until(self.renewal_at()).saturating_sub(sooner).max(overdue)
    }
}

/// The fingerprint of a certificate: SHA-256 of its DER form.
pub fn fingerprint(certificate: &CertificateDer<'_>) -> Digest {
    Digest::of(certificate.as_ref())
}

/// Whether `certificate` names itself as who issued it: a root.
pub fn is_self_issued(certificate: &CertificateDer<'_>) -> bool {
    parse(certificate).is_ok_and(|parsed| parsed.subject() == parsed.issuer())
}

/// The span in which `certificate` is valid.
pub fn validity(certificate: &CertificateDer<'_>) -> Result<Validity, UnreadableCertificate> {
    let parsed = parse(certificate)?;
    let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(UnreadableCertificate);
    Ok(Validity {
        not_before: time(parsed.validity().not_before.timestamp())?,
        not_after: time(parsed.validity().not_after.timestamp())?,
    })
}

/// The cluster that `certificate` names; none where it names no cluster, or
/// more than one.
pub fn cluster_of(
    certificate: &CertificateDer<'_>,
) -> Result<Option<ClusterId>, UnreadableCertificate> {
    let id = named(certificate, MEMBER_URI)?;
    Ok(id.and_then(|id| id.parse().ok()))
}

/// The replica of the primary that `certificate` names; none where it names
/// none, or more than one.
pub fn replica_of(
    certificate: &CertificateDer<'_>,
) -> Result<Option<ReplicaId>, UnreadableCertificate> {
    let id = named(certificate, REPLICA_URI)?;
    Ok(id.and_then(|id| id.parse().ok()))
}

/// What follows `prefix` in the one URI that begins with it.
fn named(
    certificate: &CertificateDer<'_>,
    prefix: &str,
) -> Result<Option<String>, UnreadableCertificate> {
    let parsed = parse(certificate)?;
    let names = parsed.subject_alternative_name().map_err(|_| UnreadableCertificate)?;
    let Some(names) = names else { return Ok(None) };
    let mut ids = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => uri.strip_prefix(prefix),
        _ => None,
    });
    Ok(match (ids.next(), ids.next()) {
        (Some(id), None) => Some(id.to_owned()),
        _ => None,
    })
}

/// The serial number of `certificate` in lower-case hex.
pub fn serial(certificate: &CertificateDer<'_>) -> Result<String, UnreadableCertificate> {
    Ok(hex::encode(parse(certificate)?.raw_serial()))
}

/// The URI that names `cluster` in its certificate.
pub(crate) fn member_uri(cluster: ClusterId) -> String {
    format!("{MEMBER_URI}{cluster}")
}

/// The URI that names `replica` in its certificate.
pub(crate) fn replica_uri(replica: ReplicaId) -> String {
    format!("{REPLICA_URI}{replica}")
}

/// The public key of `certificate` as it stands in it.
pub(crate) fn public_key(
    certificate: &CertificateDer<'_>,
) -> Result<Vec<u8>, UnreadableCertificate> {
    Ok(parse(certificate)?.public_key().subject_public_key.data.to_vec())
}

fn parse<'a>(
    certificate: &'a CertificateDer<'_>,
) -> Result<X509Certificate<'a>, UnreadableCertificate> {
    X509Certificate::from_der(certificate.as_ref())
        .map(|(_, parsed)| parsed)
        .map_err(|_| UnreadableCertificate)
}
