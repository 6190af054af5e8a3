//! Sigstore's trusted root: the keys of its public parts in one JSON file, as
//! its update framework distributes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use serde::Deserialize;

use super::believed::{Believed, Period};
use super::error::RootError;
use super::key::PublicKey;
use super::root::Trust;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TrustedRoot {
    #[serde(default)]
    tlogs: Vec<Log>,
    #[serde(default)]
    certificate_authorities: Vec<Authority>,
    #[serde(default)]
    ctlogs: Vec<Log>,
    #[serde(default)]
    timestamp_authorities: Vec<Authority>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    public_key: Key,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    raw_bytes: String,
    #[serde(default)]
    valid_for: Period,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authority {
    cert_chain: Chain,
    #[serde(default)]
    valid_for: Period,
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

impl Trust {
    /// From a trusted root file. Keys of kinds that are not supported are
    /// left out: what is signed with them is not trusted.
    pub fn from_trusted_root(json: &[u8]) -> Result<Self, RootError> {
        let wrong = |error: &dyn std::fmt::Display| RootError::TrustedRoot(error.to_string());
        let file: TrustedRoot = serde_json::from_slice(json).map_err(|error| wrong(&error))?;
        let decoded = |text: &str| STANDARD.decode(text).map_err(|error| wrong(&error));
        let keys = |logs: &[Log]| -> Result<Vec<Believed<PublicKey>>, RootError> {
            let mut keys = Vec::new();
            for Key { raw_bytes, valid_for } in logs.iter().map(|log| &log.public_key) {
                let key = PublicKey::from_der(&decoded(raw_bytes)?);
                keys.extend(key.map(|of| Believed { of, period: *valid_for }));
            }
            Ok(keys)
        };
        let certificates = |all: &[Authority]| -> Result<Vec<_>, RootError> {
            let mut certificates = Vec::new();
            for Authority { cert_chain, valid_for } in all {
                for raw in &cert_chain.certificates {
                    let of = CertificateDer::from(decoded(&raw.raw_bytes)?);
                    certificates.push(Believed { of, period: *valid_for });
                }
            }
            Ok(certificates)
        };
        let trust = Self {
            logs: keys(&file.tlogs)?,
            authorities: certificates(&file.certificate_authorities)?,
            certificate_logs: keys(&file.ctlogs)?,
            // Older files have none: a log that tells the time is enough.
            timestamp_authorities: certificates(&file.timestamp_authorities)?,
        };
        // A part that is missing would be a check that is left out.
        if trust.logs.is_empty()
            || trust.authorities.is_empty()
            || trust.certificate_logs.is_empty()
        {
            return Err(wrong(&"it lacks a log, an authority or a certificate log"));
        }
        Ok(trust)
    }
}
