//! Roots of trust and what they demand.

use chrono::{DateTime, Utc};
use rustls_pki_types::CertificateDer;

use super::believed::{self, Believed};
use super::certificate::Purpose;
use super::error::{RootError, SignatureError};
use super::key::PublicKey;
use super::signed::Signed;
use super::{certificate, log, stamp, timestamp};

/// A root of trust with the verifiers that rely on it.
#[derive(Clone, Debug)]
pub struct RootOfTrust {
    /// Its name.
    pub name: String,
    /// Whom it believes.
    pub trust: Trust,
    /// Whose signatures are wanted.
    pub verifiers: Vec<Verifier>,
}

/// Whom a root of trust believes.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Transparency logs one of which must hold a signature; none: no log is
    /// asked for.
    pub logs: Vec<Believed<PublicKey>>,
    /// Authorities that vouch for identities, and certificates between them
    /// and signers; none: identities count for nothing.
    pub authorities: Vec<Believed<CertificateDer<'static>>>,
    /// Certificate transparency logs one of which must hold a signer's
    /// certificate; none: no such log is asked for.
    pub certificate_logs: Vec<Believed<PublicKey>>,
    /// Authorities whose timestamps on signatures count, and certificates between them and
    /// those who stamp.
    pub timestamp_authorities: Vec<Believed<CertificateDer<'static>>>,
}

/// Whose signature is wanted.
#[derive(Clone, Debug)]
pub struct Verifier {
    /// Its name, unique within the root.
    pub name: String,
    /// How it knows a signature.
    pub kind: VerifierKind,
}

/// How a verifier knows a signature.
#[derive(Clone, Debug)]
pub enum VerifierKind {
    /// It is by this key.
    KeyPair(PublicKey),
    /// It is by whom this identity was confirmed.
    Keyless(Identity),
}

/// Who signed, by the word of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who confirmed it, for example `https://accounts.example.com`.
    pub issuer: String,
    /// Who it is, for example an e-mail address.
    pub subject: String,
}

impl Trust {
    /// From keys and certificates in PEM, each of which may be empty.
    pub fn from_pem(
        rekor_public_key: &str,
        root_cert: &str,
        sct_public_key: &str,
    ) -> Result<Self, RootError> {
        let key = |text: &str, what| -> Result<Vec<Believed<PublicKey>>, RootError> {
            if text.trim().is_empty() {
                return Ok(Vec::new());
            }
            let key = PublicKey::from_pem(text).ok_or(RootError::Key(what))?;
            Ok(vec![key.into()])
        };
        let authorities = if root_cert.trim().is_empty() {
            Vec::new()
        } else {
            certificate::all_in_pem(root_cert).ok_or(RootError::Certificates("root_cert"))?
        };
        Ok(Self {
            logs: key(rekor_public_key, "rekor_public_key")?,
            authorities: authorities.into_iter().map(Believed::from).collect(),
            certificate_logs: key(sct_public_key, "sct_public_key")?,
            timestamp_authorities: Vec::new(),
        })
    }
}

impl VerifierKind {
    /// Signatures by a key in PEM.
    pub fn key_pair(public_key: &str) -> Result<Self, RootError> {
        PublicKey::from_pem(public_key).map(Self::KeyPair).ok_or(RootError::Key("public_key"))
    }

    /// Signatures by an identity.
    pub fn keyless(issuer: &str, subject: &str) -> Result<Self, RootError> {
        if issuer.trim().is_empty() || subject.trim().is_empty() {
            return Err(RootError::Identity);
        }
        Ok(Self::Keyless(Identity { issuer: issuer.to_owned(), subject: subject.to_owned() }))
    }
}

impl RootOfTrust {
    /// Whether `signed` is what `verifier` wants.
    pub(super) fn check(
        &self,
        verifier: &Verifier,
        signed: &Signed,
        now: DateTime<Utc>,
    ) -> Result<(), SignatureError> {
        if signed.speaks_of != Some(signed.subject) {
            return Err(SignatureError::OtherImage);
        }
        match &verifier.kind {
            VerifierKind::KeyPair(key) => {
                by(key, signed)?;
                self.time(key, signed, now).map(|_| ())
            }
            VerifierKind::Keyless(wanted) => self.check_identity(wanted, signed, now),
        }
    }

    fn check_identity(
        &self,
        wanted: &Identity,
        signed: &Signed,
        now: DateTime<Utc>,
    ) -> Result<(), SignatureError> {
        let trust = &self.trust;
        if trust.authorities.is_empty() {
            return Err(SignatureError::NoAuthority);
        }
        let certificate = signed.certificate.as_ref().ok_or(SignatureError::NoCertificate)?;
        let malformed = || SignatureError::Malformed("the certificate");
        let key = certificate::key(certificate).ok_or_else(malformed)?;
        by(&key, signed)?;
        // The certificate lives for minutes: it must have been valid when the signature was made.
        let time = self.time(&key, signed, now)?.ok_or(SignatureError::NoTime)?;
        let authorities = believed::at(&trust.authorities, time);
        certificate::check(certificate, &signed.chain, &authorities, time, Purpose::SignCode)?;
        if !trust.certificate_logs.is_empty() {
            let issuers = authorities.into_iter().chain(&signed.chain);
            timestamp::check(certificate, issuers, &trust.certificate_logs)?;
        }
        let (subjects, issuer) = certificate::identity(certificate).ok_or_else(malformed)?;
        if issuer == wanted.issuer && subjects.contains(&wanted.subject) {
            return Ok(());
        }
        Err(SignatureError::OtherIdentity { subject: subjects.join(", "), issuer })
    }

    /// When the signature was there: when a log took it in, where one must have, or when
    /// somebody stamped it, and without both now. None where a log holds it and nobody tells
    /// since when.
    fn time(
        &self,
        key: &PublicKey,
        signed: &Signed,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, SignatureError> {
        let Trust { logs, timestamp_authorities, .. } = &self.trust;
        let stamped = signed
            .stamps
            .iter()
            .find_map(|one| stamp::time(one, &signed.signature, timestamp_authorities));
        if logs.is_empty() {
            return Ok(stamped.or(Some(now)));
        }
        let taken = log::check(logs, signed, key, stamped)?;
        Ok(taken.or(stamped))
    }
}

fn by(key: &PublicKey, signed: &Signed) -> Result<(), SignatureError> {
    let holds = key.signed(&signed.message, &signed.signature);
    if holds { Ok(()) } else { Err(SignatureError::OtherKey) }
}
