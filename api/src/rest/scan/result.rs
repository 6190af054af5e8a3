//! The result of a stand-alone scanner, with the names that it writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Body of `POST /v1/scan/result/repository`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct ScanResultData {
    /// The result.
    pub result: ScanResult,
}

/// What a stand-alone scanner found in an image.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ScanResult {
    /// Version of its vulnerability database.
    pub version: String,
    /// Number of the reason why there is no result; 0 when there is one.
    pub error: u32,
    /// The operating system, `debian:12`.
    pub namespace: String,
    /// The vulnerabilities.
    pub vuls: Vec<ScanResultVulnerability>,
    /// URL of the registry; empty for an image of the scanner's machine.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// Digest of the manifest.
    pub digest: String,
    /// Digest of the configuration.
    #[serde(rename = "ImageID")]
    pub image_id: String,
    /// Environment variables that the image sets.
    pub envs: Vec<String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// Who made the image.
    pub author: String,
    /// When the vulnerability database was made.
    #[serde(rename = "CVEDBCreateTime")]
    pub cvedb_create_time: String,
    /// The packages.
    pub modules: Vec<ScanResultModule>,
    /// The commands that made the image, newest first.
    pub cmds: Vec<String>,
    /// Sum of the layers' sizes in bytes.
    pub size: i64,
    /// When the image was made.
    pub created: String,
    /// Whose signatures it has.
    pub signature_info: ScanResultSignatures,
    /// The secrets in it.
    pub secrets: ScanResultSecrets,
    /// Files that run as their owner or group.
    pub set_id_perms: Vec<ScanResultSetId>,
}

/// A vulnerability of one package.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ScanResultVulnerability {
    /// The CVE where there is one, else the advisory's id.
    pub name: String,
    /// CVSS v2 base score.
    pub score: f32,
    /// `Critical`, `High`, `Medium` or `Low`.
    pub severity: String,
    /// CVSS v2 vector.
    pub vectors: String,
    /// What goes wrong.
    pub description: String,
    /// The package.
    pub package_name: String,
    /// The package, as older scanners write it.
    pub package_name_deprecated: String,
    /// Its version.
    pub package_version: String,
    /// The versions that repair it.
    pub fixed_version: String,
    /// Where to read more.
    pub link: String,
    /// CVSS v3 base score.
    pub score_v3: f32,
    /// CVSS v3 vector.
    pub vectors_v3: String,
    /// Unix seconds as text, or RFC 3339.
    pub published_date: String,
    /// Unix seconds as text, or RFC 3339.
    pub last_modified_date: String,
    /// Other identifiers.
    #[serde(rename = "CVEs")]
    pub cves: Vec<String>,
    /// The rating of the feed.
    pub feed_rating: String,
    /// Whether the package came with the base image.
    pub in_base: bool,
    /// The file that told of the package.
    pub file_name: String,
}

/// A package.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ScanResultModule {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The operating system or the language.
    pub source: String,
    /// The file that told of it.
    pub file: String,
}

/// Whose signatures an image has.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ScanResultSignatures {
    /// `root/verifier`.
    pub verifiers: Vec<String>,
}

/// The secrets in an image.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ScanResultSecrets {
    /// One by one.
    pub logs: Vec<ScanResultSecret>,
}

/// A secret in a file.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ScanResultSecret {
    /// The rule that found it.
    #[serde(rename = "Type")]
    pub rule: String,
    /// What it is.
    pub rule_desc: String,
    /// Its beginning.
    pub text: String,
    /// The file.
    pub file: String,
    /// What to do about it.
    pub suggestion: String,
}

/// A file that runs as its owner or group.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ScanResultSetId {
    /// `setuid`, `setgid` or `setuid setgid`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The mode, `urwxr-xr-x`.
    pub evidence: String,
    /// The file.
    pub file: String,
}
