//! Sigstore's trusted root: the keys of its public parts in one JSON file, as
//! its update framework distributes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use serde::Deserialize;

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
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    public_key: Raw,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authority {
    cert_chain: Chain,
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
        let decoded = |raw: &Raw| STANDARD.decode(&raw.raw_bytes).map_err(|error| wrong(&error));
        let keys = |logs: &[Log]| -> Result<Vec<PublicKey>, RootError> {
            let all: Result<Vec<_>, _> = logs.iter().map(|log| decoded(&log.public_key)).collect();
            Ok(all?.iter().filter_map(|der| PublicKey::from_der(der)).collect())
        };
        let certificates = file.certificate_authorities.iter();
        let authorities: Result<Vec<CertificateDer<'static>>, RootError> = certificates
            .flat_map(|authority| &authority.cert_chain.certificates)
            .map(|raw| decoded(raw).map(CertificateDer::from))
            .collect();
        let trust = Self {
            logs: keys(&file.tlogs)?,
            authorities: authorities?,
            certificate_logs: keys(&file.ctlogs)?,
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
