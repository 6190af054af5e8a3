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

/// `GET /v1/scan/cache_stat/{id}`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanCacheStat {
    /// Layers that something is known of.
    pub record_count: i64,
    /// Bytes that are stored of them.
    pub record_total_size: i64,
    /// Layers that the scanner did not find there.
    pub cache_misses: i64,
    /// Layers that it did.
    pub cache_hits: i64,
}

/// What is known of one layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanCacheRecord {
    /// Digest of the layer, without `sha256:`.
    pub layer_id: String,
    /// Bytes that are stored of it.
    pub size: i64,
    /// How often it was found.
    pub reference_count: i64,
    /// When it was found last, RFC 3339.
    pub last_referred: String,
}

/// `GET /v1/scan/cache_data/{id}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanCacheData {
    /// The layers.
    pub cache_records: Vec<ScanCacheRecord>,
    /// Bytes that are stored of all.
    pub record_total_size: i64,
    /// Layers that the scanner did not find.
    pub cache_misses: i64,
    /// Layers that it did.
    pub cache_hits: i64,
}
