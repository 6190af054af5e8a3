//! What makes an agent a member: its key, its certificate, the authority it
//! trusts, and who it is. Kept in one file, so that it is there whole or not.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use rcgen::{CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::certificate::{UnreadableCertificate, Validity, cluster_of, validity};
use crate::seal::write_private;

const FILE: &str = "member.json";

/// An identity that cannot be made, stored or read.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// The file cannot be read or written.
    #[error("identity file {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// The file does not hold an identity.
    #[error("identity file {path} is damaged: {text}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        text: String,
    },
    /// The certificate that came back is not for this key or cluster.
    #[error("the certificate received does not match the request: {0}")]
    Mismatch(&'static str),
    /// A certificate cannot be read.
    #[error(transparent)]
    Unreadable(#[from] UnreadableCertificate),
    /// Making a key or a request failed.
    #[error("cannot make a key: {0}")]
    Key(#[from] rcgen::Error),
}

/// A new key and the request to certify it.
#[derive(Debug)]
pub struct SigningRequest {
    key: SecretSlice<u8>,
    public_key: Vec<u8>,
    der: Vec<u8>,
}

impl SigningRequest {
    /// Makes a key and a request for it. The request names nobody: who it is
    /// for is up to the authority.
    pub fn generate() -> Result<Self, IdentityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        let der = params.serialize_request(&key)?.der().to_vec();
        let public_key = key.public_key_raw().to_vec();
        Ok(Self { key: SecretSlice::from(key.serialize_der()), public_key, der })
    }

    /// PKCS#10, DER: what is sent.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Makes an identity of the key and the certificates received for it.
    pub fn certified(
        self,
        chain: Vec<CertificateDer<'static>>,
        membership: Membership,
    ) -> Result<MemberIdentity, IdentityError> {
        let leaf = chain.first().ok_or(IdentityError::Mismatch("no certificate"))?;
        if crate::certificate::public_key(leaf)? != self.public_key {
            return Err(IdentityError::Mismatch("another key"));
        }
        if cluster_of(leaf)? != Some(membership.cluster_id) {
            return Err(IdentityError::Mismatch("another cluster"));
        }
        let validity = validity(leaf)?;
        Ok(MemberIdentity { key: self.key, chain, validity, membership })
    }
}

/// Whose member the agent is, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The agent's cluster.
    pub cluster_id: ClusterId,
    /// Its name in the federation.
    pub name: String,
    /// Whether it is the primary's own cluster.
    pub home: bool,
    /// The primary's cluster.
    pub primary_id: ClusterId,
    /// Its name.
    pub primary_name: String,
    /// Where the primary is reached: `host:port`.
    pub primary_address: String,
    /// Where it was reached before, newest first: tried when it does not answer
    /// at its address.
    pub former_addresses: Vec<String>,
    /// Where it said that it wants to be reached, when it said so last. The cluster
    /// may have joined by another way, and keeps to that until the primary moves.
    pub announced_address: Option<String>,
    /// The authorities to trust, newest last. More than one only while the
    /// primary replaces its authority.
    pub authorities: Vec<CertificateDer<'static>>,
}

/// Former addresses that are kept.
const MOST_FORMER_ADDRESSES: usize = 3;

impl Membership {
    /// The same membership after the primary has said that it wants to be reached
    /// at `address`. Where that is news, the present address becomes a former one.
    #[must_use]
    pub fn announced(&self, address: &str) -> Self {
        let announced_address = Some(address.to_owned());
        if self.announced_address.is_none() || self.announced_address == announced_address {
            return Self { announced_address, ..self.clone() };
        }
        let known = std::iter::once(&self.primary_address).chain(&self.former_addresses);
        let mut former: Vec<String> = known.filter(|one| *one != address).cloned().collect();
        former.truncate(MOST_FORMER_ADDRESSES);
        Self {
            primary_address: address.to_owned(),
            former_addresses: former,
            announced_address,
            ..self.clone()
        }
    }
}

/// What makes an agent a member.
#[derive(Debug)]
pub struct MemberIdentity {
    key: SecretSlice<u8>,
    chain: Vec<CertificateDer<'static>>,
    validity: Validity,
    membership: Membership,
}

/// The file's form: certificates and key as base64 of DER.
#[derive(Serialize, Deserialize)]
struct Stored {
    cluster_id: ClusterId,
    name: String,
    home: bool,
    primary_id: ClusterId,
    primary_name: String,
    primary_address: String,
    #[serde(default)]
    former_addresses: Vec<String>,
    #[serde(default)]
    announced_address: Option<String>,
    /// The newest authority; of a former version the only one.
    authority: String,
    #[serde(default)]
    authorities: Vec<String>,
    certificate_chain: Vec<String>,
    key: String,
}

impl MemberIdentity {
    /// Whose member the agent is.
    pub const fn membership(&self) -> &Membership {
        &self.membership
    }

    /// The same member with another membership: at another address, or with
    /// other authorities to trust.
    #[must_use]
    pub fn with_membership(&self, membership: Membership) -> Self {
        Self {
            key: SecretSlice::from(self.key.expose_secret().to_vec()),
            chain: self.chain.clone(),
            validity: self.validity,
            membership,
        }
    }

    /// The certificate chain, leaf first.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// When the certificate is valid.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// Whether two thirds of the certificate's life are over.
    pub fn renewal_due(&self, now: DateTime<Utc>) -> bool {
        self.validity.renewal_due(now)
    }

    /// The private key, for a TLS configuration.
    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.expose_secret().to_vec()).into()
    }

    /// Stores the identity in `folder`: whole, for its owner alone, and on disk
    /// when this returns.
    pub fn store(&self, folder: &Path) -> Result<(), IdentityError> {
        let path = folder.join(FILE);
        let failed = |source| IdentityError::File { path: path.clone(), source };
        let m = &self.membership;
        let stored = Stored {
            cluster_id: m.cluster_id,
            name: m.name.clone(),
            home: m.home,
            primary_id: m.primary_id,
            primary_name: m.primary_name.clone(),
            primary_address: m.primary_address.clone(),
            former_addresses: m.former_addresses.clone(),
            announced_address: m.announced_address.clone(),
            authority: m.authorities.last().map(|one| encode(one)).unwrap_or_default(),
            authorities: m.authorities.iter().map(|one| encode(one)).collect(),
            certificate_chain: self.chain.iter().map(|c| encode(c)).collect(),
            key: encode(self.key.expose_secret()),
        };
        let json = serde_json::to_vec_pretty(&stored).map_err(|e| failed(e.into()))?;
        let aside = folder.join(format!("{FILE}.new"));
        write_private(&aside, &json).map_err(failed)?;
        std::fs::rename(&aside, &path).map_err(failed)?;
        sync_folder(folder).map_err(failed)
    }

    /// Reads the identity in `folder`; none where the agent is no member.
    pub fn load(folder: &Path) -> Result<Option<Self>, IdentityError> {
        let path = folder.join(FILE);
        let json = match std::fs::read(&path) {
            Ok(json) => json,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(IdentityError::File { path, source }),
        };
        let damaged = |text: String| IdentityError::Damaged { path: path.clone(), text };
        let stored: Stored = serde_json::from_slice(&json).map_err(|e| damaged(e.to_string()))?;
        let der = |text: &str| decode(text).ok_or_else(|| damaged("not base64".to_owned()));
        let chain = stored
            .certificate_chain
            .iter()
            .map(|c| Ok(CertificateDer::from(der(c)?)))
            .collect::<Result<Vec<_>, IdentityError>>()?;
        let leaf = chain.first().ok_or_else(|| damaged("no certificate".to_owned()))?;
        let authorities = if stored.authorities.is_empty() {
            vec![stored.authority.clone()]
        } else {
            stored.authorities.clone()
        };
        let authorities = authorities
            .iter()
            .map(|one| Ok(CertificateDer::from(der(one)?)))
            .collect::<Result<Vec<_>, IdentityError>>()?;
        Ok(Some(Self {
            validity: validity(leaf)?,
            key: SecretSlice::from(der(&stored.key)?),
            membership: Membership {
                cluster_id: stored.cluster_id,
                name: stored.name,
                home: stored.home,
                primary_id: stored.primary_id,
                primary_name: stored.primary_name,
                primary_address: stored.primary_address,
                former_addresses: stored.former_addresses,
                announced_address: stored.announced_address,
                authorities,
            },
            chain,
        }))
    }

    /// Forgets the identity in `folder`: the agent is no member any more.
    pub fn forget(folder: &Path) -> Result<(), IdentityError> {
        let path = folder.join(FILE);
        match std::fs::remove_file(&path).and_then(|()| sync_folder(folder)) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(IdentityError::File { path, source })
            }
            _ => Ok(()),
        }
    }
}

fn encode(der: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(der)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn membership() -> Membership {
        Membership {
            cluster_id: "1".repeat(32).parse().unwrap(),
            name: "staging".to_owned(),
            home: false,
            primary_id: "2".repeat(32).parse().unwrap(),
            primary_name: "primary".to_owned(),
            primary_address: "by-nat:1".to_owned(),
            former_addresses: Vec::new(),
            announced_address: None,
            authorities: Vec::new(),
        }
    }

    #[test]
    fn a_cluster_keeps_its_own_way_until_the_primary_moves() {
        let joined = membership().announced("hub:1");
        assert_eq!(joined.primary_address, "by-nat:1");
        assert_eq!(joined.announced("hub:1"), joined);
        let moved = joined.announced("hub:2");
        assert_eq!(moved.primary_address, "hub:2");
        assert_eq!(moved.former_addresses, ["by-nat:1"]);
        let back = moved.announced("hub:3").announced("hub:4").announced("hub:5");
        assert_eq!(back.primary_address, "hub:5");
        assert_eq!(back.former_addresses, ["hub:4", "hub:3", "hub:2"]);
        assert_eq!(back.announced("hub:3").former_addresses, ["hub:5", "hub:4", "hub:2"]);
    }
}
