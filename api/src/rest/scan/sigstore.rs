//! Whose signatures of images count.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A root of trust.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SigstoreRootOfTrust {
    /// Its name.
    pub name: String,
    /// Whether its keys and certificates are given here; else they are those
    /// of Sigstore's public parts.
    pub is_private: bool,
    /// Whether it knows key pairs alone.
    pub rootless_keypairs_only: bool,
    /// Key of the transparency log, in PEM.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rekor_public_key: String,
    /// Certificates of the authority, in PEM.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub root_cert: String,
    /// Key of the certificate transparency log, in PEM.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sct_public_key: String,
    /// Its verifiers, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verifiers: Option<Vec<SigstoreVerifier>>,
    /// `user_created`.
    pub cfg_type: String,
    /// What it is for.
    pub comment: String,
}

/// Answer of `GET /v1/scan/sigstore/root_of_trust`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SigstoreRootOfTrustCollection {
    /// All of them, by name.
    pub roots_of_trust: Vec<SigstoreRootOfTrust>,
}

/// Body of `PATCH /v1/scan/sigstore/root_of_trust/{root_name}`: what is left
/// out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SigstoreRootOfTrustChange {
    /// Key of the transparency log, in PEM.
    pub rekor_public_key: Option<String>,
    /// Certificates of the authority, in PEM.
    pub root_cert: Option<String>,
    /// Key of the certificate transparency log, in PEM.
    pub sct_public_key: Option<String>,
    /// What it is for.
    pub comment: Option<String>,
}

/// Whose signature is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SigstoreVerifier {
    /// Its name, unique within the root.
    pub name: String,
    /// `keypair` or `keyless`.
    pub verifier_type: String,
    /// Of `keypair`: the key, in PEM.
    pub public_key: String,
    /// Of `keyless`: who confirms the identity.
    pub cert_issuer: String,
    /// Of `keyless`: the identity.
    pub cert_subject: String,
    /// What it is for.
    pub comment: String,
}

/// Answer of `GET /v1/scan/sigstore/root_of_trust/{root_name}/verifier`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SigstoreVerifierCollection {
    /// All of them, by name.
    pub verifiers: Vec<SigstoreVerifier>,
}

/// Body of `PATCH …/verifier/{verifier_name}`: what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SigstoreVerifierChange {
    /// `keypair` or `keyless`.
    pub verifier_type: Option<String>,
    /// Of `keypair`: the key, in PEM.
    pub public_key: Option<String>,
    /// Of `keyless`: who confirms the identity.
    pub cert_issuer: Option<String>,
    /// Of `keyless`: the identity.
    pub cert_subject: Option<String>,
    /// What it is for.
    pub comment: Option<String>,
}
