//! What a scan found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A vulnerability of one package.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Vulnerability {
    /// The CVE where there is one, else the advisory's id.
    pub name: String,
    /// CVSS v2 base score, or an estimate where the record has none.
    pub score: f32,
    /// `Critical`, `High`, `Medium` or `Low`.
    pub severity: String,
    /// CVSS v2 vector.
    pub vectors: String,
    /// What goes wrong.
    pub description: String,
    /// The file that told of the package.
    pub file_name: String,
    /// The package; `source/binary` where the two differ.
    pub package_name: String,
    /// The version that is installed.
    pub package_version: String,
    /// The versions that repair it, joined with ` OR `; empty when none does.
    pub fixed_version: String,
    /// Where to read more.
    pub link: String,
    /// CVSS v3 base score, or an estimate where the record has none.
    pub score_v3: f32,
    /// CVSS v3 vector.
    pub vectors_v3: String,
    /// Unix seconds; 0 when unknown.
    pub published_timestamp: i64,
    /// Unix seconds; 0 when unknown.
    pub last_modified_timestamp: i64,
    /// Platform names that limit the record.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cpes: Vec<String>,
    /// Other identifiers of the same vulnerability.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cves: Vec<String>,
    /// The rating of the feed that the record came from.
    pub feed_rating: String,
    /// Whether the package came with the base image.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_base_image: bool,
    /// `accepted` when a vulnerability profile allows it, `vex` when it does not
    /// count because of what a VEX document says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What a VEX document says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vex: Option<VexStatement>,
}

/// What a VEX document says of a vulnerability of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VexStatement {
    /// `not_affected`, `fixed`, `affected` or `under_investigation`.
    pub status: String,
    /// Why, in the fixed words of the document's format.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub justification: String,
    /// Why, in words of the author.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub statement: String,
    /// The document's id.
    pub document: String,
}

/// A vulnerability of a module, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ModuleCve {
    /// The vulnerability's name.
    pub name: String,
    /// `fix exists`, `unpatched`, `will not fix` or `unaffected`.
    pub status: String,
}

/// A package that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanModule {
    /// The package; `source/binary` where the two differ.
    pub name: String,
    /// The file that told of it.
    pub file: String,
    /// Its version.
    pub version: String,
    /// The operating system (`debian:12`) or the language.
    pub source: String,
    /// Its vulnerabilities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cves: Vec<ModuleCve>,
    /// Platform names of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cpes: Vec<String>,
}

/// A finding of the checks of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ImageCheck {
    /// For example `I.4.1`.
    pub test_number: String,
    /// `image`.
    pub category: String,
    /// `image`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `Level 1` or `Level 2`.
    pub profile: String,
    /// Whether the check counts for a score.
    pub scored: bool,
    /// Whether a program can tell.
    pub automated: bool,
    /// What is wrong.
    pub description: String,
    /// What to do about it.
    pub remediation: String,
    /// `WARN`, `INFO` or `PASS`.
    pub level: String,
    /// Details.
    pub message: Vec<String>,
}

/// A secret that lies open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanSecret {
    /// What kind of secret it is, for example `Private.Key`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its beginning, the rest hidden.
    pub evidence: String,
    /// The file that holds it.
    pub path: String,
    /// What to do about it.
    pub suggestion: String,
}

/// A file that runs as its owner or group, whoever starts it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanSetIdPerm {
    /// `setuid`, `setgid` or `setuid setgid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The mode, `urwxr-xr-x`.
    pub evidence: String,
    /// The file.
    pub path: String,
}

/// Which verifiers of signatures are satisfied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanSignatureInfo {
    /// `root of trust/verifier`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verifiers: Vec<String>,
    /// When they were asked, RFC 3339.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub verification_timestamp: String,
}

/// The full result of a scan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanReport {
    /// `unsupported` when the operating system is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_scan_status: Option<String>,
    /// The vulnerabilities, worst first.
    pub vulnerabilities: Vec<Vulnerability>,
    /// The packages.
    pub modules: Vec<ScanModule>,
    /// Findings about how the image is made.
    pub checks: Vec<ImageCheck>,
    /// Secrets that lie open in it.
    pub secrets: Vec<ScanSecret>,
    /// Files that run as their owner or group.
    pub setid_perms: Vec<ScanSetIdPerm>,
    /// Environment variables that the image sets.
    pub envs: Vec<String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// The commands that made the image, newest first.
    pub cmds: Vec<String>,
    /// Who signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature_data: Option<ScanSignatureInfo>,
}

/// Answer with a [`ScanReport`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScanReportData {
    /// The report.
    pub report: ScanReport,
}

/// What one layer of an image brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanLayer {
    /// The layer's digest; empty for a command without a layer.
    pub digest: String,
    /// The command that made it.
    pub cmds: String,
    /// Vulnerabilities of the packages that it brought or changed.
    pub vulnerabilities: Vec<Vulnerability>,
    /// Bytes as stored in the registry.
    pub size: i64,
}

/// The layers of an image, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScanLayersReport {
    /// The layers.
    pub layers: Vec<ScanLayer>,
}

/// Answer with a [`ScanLayersReport`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScanLayersReportData {
    /// The report.
    pub report: ScanLayersReport,
}

/// The result of the scan of an image, with what is known about the image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanRepoReport {
    /// Digest of the image's configuration, without its algorithm.
    pub image_id: String,
    /// URL of the registry.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// Digest of the image's manifest.
    pub digest: String,
    /// Sum of the layers' sizes in bytes, as stored.
    pub size: i64,
    /// Who made the image, by its configuration.
    pub author: String,
    /// For example `debian:12`.
    pub base_os: String,
    /// When the image was made, RFC 3339.
    pub created_at: String,
    /// Version of the vulnerability database.
    pub cvedb_version: String,
    /// When the vulnerability database was made, RFC 3339.
    pub cvedb_create_time: String,
    /// The layers, newest first.
    pub layers: Vec<ScanLayer>,
    /// What was found.
    #[serde(flatten)]
    pub report: ScanReport,
}

/// Answer with a [`ScanRepoReport`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScanRepoReportData {
    /// The report.
    pub report: ScanRepoReport,
}

/// The summary of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanBrief {
    /// One of `""`, `scheduled`, `scanning`, `finished`, `failed`, `unsupported`.
    pub status: String,
    /// Number of critical vulnerabilities.
    pub critical: i64,
    /// Number of high vulnerabilities.
    pub high: i64,
    /// Number of medium vulnerabilities.
    pub medium: i64,
    /// Why the scan failed; `succeeded` otherwise.
    pub result: String,
    /// Unix seconds; 0 before the first scan.
    pub scanned_timestamp: i64,
    /// RFC 3339; empty before the first scan.
    pub scanned_at: String,
    /// For example `debian:12`.
    pub base_os: String,
    /// Version of the vulnerability database.
    pub scanner_version: String,
    /// When the vulnerability database was made, RFC 3339.
    pub cvedb_create_time: String,
    /// `unsupported` when the operating system is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_scan_status: Option<String>,
}
