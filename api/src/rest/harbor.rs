//! The adapter for Harbor: its pluggable scanner interface, 1.x.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Who scans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HarborScanner {
    /// The scanner's name.
    pub name: String,
    /// Who makes it.
    pub vendor: String,
    /// Its version.
    pub version: String,
}

/// Something that the scanner can do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HarborCapability {
    /// `vulnerability` or `sbom`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Media types of artifacts.
    pub consumes_mime_types: Vec<String>,
    /// Media types of reports.
    pub produces_mime_types: Vec<String>,
    /// Formats of bills of materials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub additional_attributes: Option<Value>,
}

/// Answer of `GET /endpoint/api/v1/metadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HarborMetadata {
    /// Who scans.
    pub scanner: HarborScanner,
    /// What it can do.
    pub capabilities: Vec<HarborCapability>,
    /// What else is to be known.
    pub properties: BTreeMap<String, String>,
}

/// Where the artifact is.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct HarborRegistry {
    /// URL of the registry.
    pub url: String,
    /// The header `Authorization` for it.
    #[schema(format = Password)]
    pub authorization: String,
}

/// What is scanned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HarborArtifact {
    /// The repository.
    pub repository: String,
    /// Digest of the manifest.
    pub digest: String,
    /// The tag.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag: String,
    /// Media type of the manifest.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mime_type: String,
}

/// A capability that is asked for.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct HarborWanted {
    /// `vulnerability` or `sbom`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Body of `POST /endpoint/api/v1/scan`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct HarborScanRequest {
    /// Where the artifact is.
    pub registry: HarborRegistry,
    /// What is scanned.
    pub artifact: HarborArtifact,
    /// What is asked for; everything where it is empty.
    #[serde(default)]
    pub enabled_capabilities: Vec<HarborWanted>,
}

/// Answer of `POST /endpoint/api/v1/scan`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HarborScanResponse {
    /// For `GET /endpoint/api/v1/scan/{id}/report`.
    pub id: String,
}

/// Scores of a vulnerability.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HarborCvss {
    /// CVSS v3 base score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_v3: Option<f32>,
    /// CVSS v2 base score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_v2: Option<f32>,
    /// CVSS v3 vector.
    pub vector_v3: String,
    /// CVSS v2 vector.
    pub vector_v2: String,
}

/// A vulnerability of one package.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HarborVulnerability {
    /// The CVE where there is one, else the advisory's id.
    pub id: String,
    /// The package.
    pub package: String,
    /// The version that is installed.
    pub version: String,
    /// The versions that repair it; empty when none does.
    pub fix_version: String,
    /// `Critical`, `High`, `Medium`, `Low` or `Unknown`.
    pub severity: String,
    /// What goes wrong.
    pub description: String,
    /// Where to read more.
    pub links: Vec<String>,
    /// Its scores.
    pub preferred_cvss: HarborCvss,
    /// Kinds of weakness.
    pub cwe_ids: Vec<String>,
}

/// Report on the vulnerabilities of an artifact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HarborVulnerabilityReport {
    /// When, RFC 3339.
    pub generated_at: String,
    /// What was scanned.
    pub artifact: HarborArtifact,
    /// Who scanned.
    pub scanner: HarborScanner,
    /// The worst of the vulnerabilities.
    pub severity: String,
    /// The vulnerabilities, worst first.
    pub vulnerabilities: Vec<HarborVulnerability>,
}

/// Bill of materials of an artifact.
#[derive(Clone, Debug, Serialize)]
pub struct HarborSbomReport {
    /// When, RFC 3339.
    pub generated_at: String,
    /// What was scanned.
    pub artifact: HarborArtifact,
    /// Who scanned.
    pub scanner: HarborScanner,
    /// `application/spdx+json` or `application/vnd.cyclonedx+json`.
    pub media_type: String,
    /// The document.
    pub sbom: Box<RawValue>,
}

/// Body of every error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HarborErrorData {
    /// The error.
    pub error: HarborError,
}

/// What went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HarborError {
    /// In words.
    pub message: String,
}
