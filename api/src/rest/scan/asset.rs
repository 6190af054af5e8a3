//! Scans of what runs: nodes, containers, the platform.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::report::{ScanBrief, Vulnerability};

/// What is scanned without being asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanConfig {
    /// Both of the others.
    pub auto_scan: bool,
    /// New containers.
    pub enable_auto_scan_workload: bool,
    /// New nodes.
    pub enable_auto_scan_host: bool,
}

/// Answer of `GET /v1/scan/config`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ScanConfigData {
    /// The settings.
    pub config: ScanConfig,
}

/// Changes of [`ScanConfig`]; what is absent stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanConfigChange {
    /// Sets both of the others.
    pub auto_scan: Option<bool>,
    /// New containers.
    pub enable_auto_scan_workload: Option<bool>,
    /// New nodes.
    pub enable_auto_scan_host: Option<bool>,
}

/// Body of `PATCH /v1/scan/config`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ScanConfigChangeData {
    /// The changes.
    pub config: ScanConfigChange,
}

/// How far the scans of what runs are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanStatus {
    /// Done.
    pub scanned: i64,
    /// Waiting.
    pub scheduled: i64,
    /// Under way.
    pub scanning: i64,
    /// Failed.
    pub failed: i64,
    /// Version of the vulnerability database.
    pub cvedb_version: String,
    /// Date of that database, RFC 3339.
    pub cvedb_create_time: String,
}

/// Answer of `GET /v1/scan/status`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ScanStatusData {
    /// The counts.
    pub status: ScanStatus,
}

/// The platform and the summary of its scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanPlatformSummary {
    /// For example `Kubernetes`.
    pub platform: String,
    /// Version of Kubernetes.
    pub kube_version: String,
    /// Version of OpenShift.
    pub openshift_version: String,
    /// The summary.
    #[serde(flatten)]
    pub brief: ScanBrief,
}

/// Answer of `GET /v1/scan/platform`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ScanPlatformSummaryData {
    /// One platform, or none.
    pub platforms: Vec<ScanPlatformSummary>,
}

/// Where a list of findings goes on: behind this one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanReportCursor {
    /// The container's or node's name.
    pub name: String,
    /// The node's name.
    pub host_name: String,
    /// The container's namespace.
    pub domain: String,
    /// The vulnerability.
    pub cve_name: String,
    /// The package that has it.
    pub cve_package: String,
}

/// A bound on scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VulScoreFilter {
    /// `v2` or `v3`.
    pub score_version: String,
    /// The least CVSS base score, 0 to 10.
    pub score_bottom: f32,
    /// The greatest CVSS base score, 0 to 10.
    pub score_top: f32,
}

/// A bound on containers and nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AssetsScanReportFilter {
    /// A field, for example `host_name`.
    pub name: String,
    /// How it is compared: `eq`, `neq`, `prefix`, or `in` and `notin` for a part of it.
    pub op: String,
    /// With what; with nothing, all are listed.
    pub value: Vec<String>,
}

/// Body of `POST /v1/scan/hosts/scan_report` and `…/workloads/scan_report`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AssetsScanReportQuery {
    /// Whether accepted vulnerabilities are listed.
    pub show_accepted: bool,
    /// Findings of one answer at most; 0: as many as fit.
    pub max_cve_records: i64,
    /// Where to go on; empty at first.
    pub cursor: ScanReportCursor,
    /// Whether pods stand for their containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_pod: Option<String>,
    /// Only vulnerabilities with such scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vul_score_filter: Option<VulScoreFilter>,
    /// Only vulnerabilities of this severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity_filter: Option<String>,
    /// Only such containers or nodes.
    pub filters: Vec<AssetsScanReportFilter>,
}

/// A vulnerability of a package of a container or node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AssetScanData {
    /// The node's name.
    pub host_name: String,
    /// The container's name.
    pub workload_name: String,
    /// Its namespace.
    pub workload_domain: String,
    /// Its image.
    pub workload_image: String,
    /// Digest of its image's configuration.
    pub workload_image_id: String,
    /// Digest of its image's manifest.
    pub workload_image_digest: String,
    /// Names of its image by digest.
    pub workload_image_repo_digests: Vec<String>,
    /// The vulnerability.
    #[serde(flatten)]
    pub vulnerability: Vulnerability,
}

/// Answer of `POST /v1/scan/hosts/scan_report` and `…/workloads/scan_report`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct AssetScanReportData {
    /// The last one that is listed; empty where none is.
    pub cursor: ScanReportCursor,
    /// The vulnerabilities.
    pub scan_data: Vec<AssetScanData>,
}

/// Answer of `GET /v1/scan/cache_stat/{id}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanCacheStat {
    /// Layers that are kept.
    pub record_count: i64,
    /// Bytes that they take.
    pub record_total_size: i64,
    /// Layers that had to be read.
    pub cache_misses: i64,
    /// Layers that were there.
    pub cache_hits: i64,
}

/// A layer that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanCacheRecord {
    /// Its digest, without its algorithm.
    pub layer_id: String,
    /// Bytes that it takes.
    pub size: i64,
    /// How often it was asked for.
    pub reference_count: i64,
    /// When it was asked for last, RFC 3339.
    pub last_referred: String,
}

/// Answer of `GET /v1/scan/cache_data/{id}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanCacheData {
    /// The layers.
    pub cache_records: Vec<ScanCacheRecord>,
    /// Bytes that they take.
    pub record_total_size: i64,
    /// Layers that had to be read.
    pub cache_misses: i64,
    /// Layers that were there.
    pub cache_hits: i64,
}
