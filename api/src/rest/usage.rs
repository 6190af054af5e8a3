//! How much there is of everything.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answer of `GET /v1/system/usage`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SystemUsageReportData {
    /// The reports, the newest last.
    pub usage: Vec<SystemUsageReport>,
    /// Who is told of it.
    pub telemetry_status: TelemetryStatus,
}

/// How much there was of everything at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SystemUsageReport {
    /// Seconds since 1970.
    pub reported_timestamp: i64,
    /// RFC 3339.
    pub reported_at: String,
    /// Orchestrator.
    pub platform: String,
    /// Nodes.
    pub hosts: u32,
    /// Their processors together.
    pub cores: u32,
    /// Controllers.
    pub controllers: u32,
    /// Enforcers.
    pub enforcers: u32,
    /// Scanners.
    pub scanners: u32,
    /// Version of the vulnerability database.
    pub cvedb_version: String,
    /// Registries.
    pub registries: u32,
    /// Namespaces.
    pub domains: u32,
    /// Running pods.
    pub running_pods: u32,
    /// Groups.
    pub groups: u32,
    /// Those that are monitored.
    pub monitor_groups: u32,
    /// Those that are protected.
    pub protect_groups: u32,
    /// Network rules.
    pub policy_rules: u32,
    /// Admission rules.
    pub adm_ctrl_rules: u32,
    /// Response rules.
    pub response_rules: u32,
    /// Rules of custom resources.
    pub crd_rules: u32,
    /// Remote clusters.
    pub clusters: u32,
    /// Serverless projects.
    pub sl_projs: u32,
    /// Id of the installation.
    pub installation_id: String,
}

/// Who is told how much there is: nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TelemetryStatus {
    /// How often.
    pub telemetry_freq: u32,
    /// Where to.
    pub telemetry_url: String,
    /// The version that would be told.
    pub current_version: String,
    /// The least version that there is.
    pub min_upgrade_version: UpgradeVersion,
    /// The newest version that there is.
    pub max_upgrade_version: UpgradeVersion,
    /// When it was told last.
    pub last_telemetry_upload_time: String,
}

/// A version that there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UpgradeVersion {
    /// The version.
    pub version: String,
    /// When it came out.
    pub release_date: String,
    /// Its image tag.
    pub tag: String,
}
