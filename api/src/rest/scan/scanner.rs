//! Who scans.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One scanner.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Scanner {
    /// Its id.
    pub id: String,
    /// Version of the vulnerability database that its results are matched with.
    pub cvedb_version: String,
    /// Date of that database, RFC 3339.
    pub cvedb_create_time: String,
    /// When it came, Unix seconds.
    pub joined_timestamp: i64,
    /// The worker's name, or the host of the primary.
    pub server: String,
    /// 0: nobody connects to a scanner.
    pub port: u16,
    /// Containers that it has scanned.
    pub scanned_containers: i64,
    /// Hosts that it has scanned.
    pub scanned_hosts: i64,
    /// Images that it has scanned.
    pub scanned_images: i64,
    /// Functions that it has scanned.
    pub scanned_serverless: i64,
}

/// `GET /v1/scan/scanner`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScannerData {
    /// All of them.
    pub scanners: Vec<Scanner>,
}
