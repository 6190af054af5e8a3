//! The primary's certificate authority: makes itself, signs members' requests,
//! issues the primary's own certificates.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::{ClusterId, Digest, ReplicaId};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams,
    CertificateSigningRequestParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData,
    RevokedCertParams, SanType, SerialNumber,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls_pki_types::{
    CertificateDer, CertificateSigningRequestDer, PrivateKeyDer, PrivatePkcs8KeyDer,
};
use secrecy::ExposeSecret;
use thiserror::Error;

use crate::PRIMARY_NAME;
use crate::certificate::{UnreadableCertificate, Validity, fingerprint, member_uri, replica_uri};
use crate::seal::{SealError, Sealer};

/// What the sealed key is bound to.
const KEY_PURPOSE: &str = "certificate authority key";
/// How long an authority lasts.
const AUTHORITY_LIFETIME: TimeDelta = TimeDelta::days(3650);
/// How far the primary's certificates reach back, so that an agent with a
/// clock that is somewhat behind learns of that by a clear answer and not by a
/// failed handshake.
const PRIMARY_BACKDATED: TimeDelta = TimeDelta::days(1);
/// How far members' certificates reach back, of which two thirds are the time of
/// renewal; those of a short life half of it.
const MEMBER_BACKDATED: TimeDelta = TimeDelta::minutes(5);
/// A signing request with one P-256 key needs about 300 bytes.
const MOST_REQUEST_BYTES: usize = 8 * 1024;

/// What an authority cannot do.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// The signing request cannot be read.
    #[error("the signing request is malformed")]
    MalformedRequest,
    /// The signing request is not signed by the key that it names.
    #[error("the signing request's signature does not match its key")]
    RequestSignature,
    /// The signing request names a key of another algorithm.
    #[error("the signing request must hold an ECDSA P-256 key")]
    RequestAlgorithm,
    /// A name cannot stand in a certificate.
    #[error("{name:?} cannot stand in a certificate")]
    Name {
        /// The name.
        name: String,
    },
    /// The key is not that of the certificate.
    #[error("the authority's key does not belong to its certificate")]
    KeyMismatch,
    /// The authority's certificate cannot be read.
    #[error(transparent)]
    Unreadable(#[from] UnreadableCertificate),
    /// The authority's key cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Making a certificate failed.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The random generator failed.
    #[error("the random generator failed")]
    Random,
}

/// A certificate signed by the authority.
#[derive(Clone, Debug)]
pub struct IssuedCertificate {
    /// The certificate itself, then the authority's.
    pub chain: Vec<CertificateDer<'static>>,
    /// Serial number in lower-case hex.
    pub serial: String,
    /// When it is valid.
    pub validity: Validity,
}

/// A certificate of the primary with its private key, made to be given to a
/// listener, or shown to another replica, and never stored.
#[derive(Debug)]
pub struct ServerCertificate {
    /// The certificate.
    pub issued: IssuedCertificate,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
}

/// A certificate authority.
pub struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("fingerprint", &self.fingerprint()).finish()
    }
}

impl Authority {
    /// Makes a new authority with a key of its own.
    pub fn create(now: DateTime<Utc>) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let serial = new_serial()?;
        // Authorities of different primaries differ in name, so that a chain
        // of the one never looks like a chain of the other.
        let subject = format!("Palisade authority {}", hex::encode(&serial[..8]));
        let mut params =
            parameters(&subject, serial, now - PRIMARY_BACKDATED, now + AUTHORITY_LIFETIME);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?.der().clone();
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        Ok(Self { certificate, issuer })
    }

    /// Takes up a stored authority.
    pub fn open(
        certificate: CertificateDer<'static>,
        sealed_key: &[u8],
        sealer: &Sealer,
    ) -> Result<Self, AuthorityError> {
        let key = sealer.open(KEY_PURPOSE, sealed_key)?;
        let key = PrivatePkcs8KeyDer::from(key.expose_secret());
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)?;
        if crate::certificate::public_key(&certificate)? != key.der_bytes() {
            return Err(AuthorityError::KeyMismatch);
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        Ok(Self { certificate, issuer })
    }

    /// The authority's key in the form that may be stored.
    pub fn sealed_key(&self, sealer: &Sealer) -> Result<Vec<u8>, AuthorityError> {
        Ok(sealer.seal(KEY_PURPOSE, self.issuer.key().serialized_der())?)
    }

    /// The authority's own certificate.
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// SHA-256 of the authority's certificate: what join tokens carry.
    pub fn fingerprint(&self) -> Digest {
        fingerprint(&self.certificate)
    }

    /// Signs a member's request. Only the public key is taken from it, after
    /// its signature has shown that the asker holds the private one.
    pub fn sign_member(
        &self,
        signing_request: &[u8],
        cluster: ClusterId,
        now: DateTime<Utc>,
        lifetime: TimeDelta,
    ) -> Result<IssuedCertificate, AuthorityError> {
        if signing_request.len() > MOST_REQUEST_BYTES {
            return Err(AuthorityError::MalformedRequest);
        }
        let der = CertificateSigningRequestDer::from(signing_request);
        let request =
            CertificateSigningRequestParams::from_der(&der).map_err(|error| match error {
                rcgen::Error::InvalidCertificationRequestSignature => {
                    AuthorityError::RequestSignature
                }
                rcgen::Error::UnsupportedSignatureAlgorithm => AuthorityError::RequestAlgorithm,
                _ => AuthorityError::MalformedRequest,
            })?;
        let key = request.public_key;
        // The request's signature algorithm tells its key's only together with
        // the length of an uncompressed P-256 point.
        if key.algorithm() != &PKCS_ECDSA_P256_SHA256 || key.der_bytes().len() != 65 {
            return Err(AuthorityError::RequestAlgorithm);
        }
        let (serial, mut params) = self.leaf(
            &format!("cluster {cluster}"),
            now - MEMBER_BACKDATED.min(lifetime / 2),
            now + lifetime,
            ExtendedKeyUsagePurpose::ClientAuth,
        )?;
        let uri = member_uri(cluster);
        params.subject_alt_names = vec![SanType::URI(
            uri.as_str().try_into().map_err(|_| AuthorityError::Name { name: uri.clone() })?,
        )];
        self.issue(serial, &params, &key)
    }

    /// A list, DER, by which the authority says for good that it has revoked the
    /// certificates `serials` (lower-case hex); [`crate::revocation`] reads it.
    pub fn revoke(
        &self,
        serials: &[String],
        now: DateTime<Utc>,
    ) -> Result<Vec<u8>, AuthorityError> {
        let this_update = rcgen::date_time_ymd(1970, 1, 1) + since_1970(now);
        let revoked = serials.iter().map(|serial| {
            let serial =
                hex::decode(serial).map_err(|_| AuthorityError::Name { name: serial.clone() })?;
            Ok::<_, AuthorityError>(RevokedCertParams {
                serial_number: serial.into(),
                revocation_time: this_update,
                reason_code: None,
                invalidity_date: None,
            })
        });
        let params = CertificateRevocationListParams {
            this_update,
            // It is the last one.
            next_update: rcgen::date_time_ymd(1970, 1, 1) + since_1970(now + AUTHORITY_LIFETIME),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect::<Result<_, _>>()?,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(&self.issuer)?.der().to_vec())
    }

    /// Issues a certificate of the primary for `names`, which are host names
    /// and addresses; [`PRIMARY_NAME`] is added.
    pub fn issue_server(
        &self,
        names: &[String],
        now: DateTime<Utc>,
        lifetime: TimeDelta,
    ) -> Result<ServerCertificate, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let (serial, mut params) = self.leaf(
            "Palisade primary",
            now - PRIMARY_BACKDATED,
            now + lifetime,
            ExtendedKeyUsagePurpose::ServerAuth,
        )?;
        for name in std::iter::once(PRIMARY_NAME).chain(names.iter().map(String::as_str)) {
            let san = match name.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(
                    name.try_into().map_err(|_| AuthorityError::Name { name: name.to_owned() })?,
                ),
            };
            if !params.subject_alt_names.contains(&san) {
                params.subject_alt_names.push(san);
            }
        }
        let issued = self.issue(serial, &params, &key)?;
        Ok(ServerCertificate { issued, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() })
    }

    /// Issues the certificate that a replica of the primary shows to others.
    pub fn issue_replica(
        &self,
        replica: ReplicaId,
        now: DateTime<Utc>,
        lifetime: TimeDelta,
    ) -> Result<ServerCertificate, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let (serial, mut params) = self.leaf(
            "Palisade replica",
            now - PRIMARY_BACKDATED,
            now + lifetime,
            ExtendedKeyUsagePurpose::ClientAuth,
        )?;
        let uri = replica_uri(replica);
        params.subject_alt_names = vec![SanType::URI(
            uri.as_str().try_into().map_err(|_| AuthorityError::Name { name: uri.clone() })?,
        )];
        let issued = self.issue(serial, &params, &key)?;
        Ok(ServerCertificate { issued, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() })
    }

    fn leaf(
        &self,
        subject: &str,
        not_before: DateTime<Utc>,
        not_after: DateTime<Utc>,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<(Serial, CertificateParams), AuthorityError> {
        let serial = new_serial()?;
        let own = crate::certificate::validity(&self.certificate)?;
        let mut params = parameters(subject, serial, not_before, not_after.min(own.not_after));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        Ok((serial, params))
    }

    fn issue(
        &self,
        serial: Serial,
        params: &CertificateParams,
        key: &impl PublicKeyData,
    ) -> Result<IssuedCertificate, AuthorityError> {
        let certificate = params.signed_by(key, &self.issuer)?.der().clone();
        let validity = crate::certificate::validity(&certificate)?;
        Ok(IssuedCertificate {
            chain: vec![certificate, self.certificate.clone()],
            serial: hex::encode(serial),
            validity,
        })
    }
}

type Serial = [u8; 16];

/// A random serial number, positive in its DER form.
fn new_serial() -> Result<Serial, AuthorityError> {
    let mut serial = [0; 16];
    SystemRandom::new().fill(&mut serial).map_err(|_| AuthorityError::Random)?;
    serial[0] = serial[0] & 0x7f | 0x40;
    Ok(serial)
}

fn parameters(
    subject: &str,
    serial: Serial,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject);
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.not_before = rcgen::date_time_ymd(1970, 1, 1) + since_1970(not_before);
    params.not_after = rcgen::date_time_ymd(1970, 1, 1) + since_1970(not_after);
    params
}

fn since_1970(at: DateTime<Utc>) -> Duration {
    Duration::from_secs(u64::try_from(at.timestamp()).unwrap_or_default())
}
