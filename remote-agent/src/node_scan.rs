//! The scanner of this node, as the controller asks for it: reads root folders,
//! and holds what they hold against the database in use.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use palisade_api::rest::scan::{ScanBrief, ScanCacheData, ScanCacheRecord};
use palisade_controller::scan::scanner::{
    Database, Judged, Pending, ScanFailure, Scanner, Subject,
};
use palisade_scanner::report::Accepted;
use palisade_scanner::source::Source;
use palisade_scanner::source::folder::Folder;
use palisade_scanner::{
    Ecosystem, Inventory, LayerCache, LayeredPackage, Limits, Package, Report, ScanError, VulnDb,
    scan,
};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use crate::vulndb::Vulndb;

/// Level of compression of what is kept.
const ZSTD_LEVEL: i32 = 3;
/// Bytes of an inventory, unpacked, at most.
const MOST_BYTES: usize = 512 << 20;
/// Files of a node: more than of any image.
const NODE_FILES: u64 = 20_000_000;
/// How long a node and a container may take.
const NODE_TIME: Duration = Duration::from_mins(15);
const CONTAINER_TIME: Duration = Duration::from_mins(3);

/// The scanner of this node.
#[derive(Debug)]
pub struct NodeScanner {
    vulndb: Arc<Vulndb>,
    cache: LayerCache,
}

/// What is kept of a subject.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    Root(Box<Inventory>),
    Kubernetes(String),
}

impl NodeScanner {
    /// A scanner that holds what it reads against `vulndb`.
    pub fn new(vulndb: Arc<Vulndb>) -> Self {
        Self { vulndb, cache: LayerCache::default() }
    }

    async fn read_now(&self, subject: Subject) -> Result<Vec<u8>, ScanError> {
        let root = |folder: Folder, limits: Limits| async move {
            let source = Source::Folder(folder);
            let inventory = scan::inventory(&source, &limits, &self.cache).await?;
            Ok::<_, ScanError>(Kept::Root(Box::new(inventory)))
        };
        let kept = match subject {
            Subject::Node(path) => {
                let limits =
                    Limits { entries: NODE_FILES, duration: NODE_TIME, ..Limits::default() };
                root(Folder::at(&path), limits).await?
            }
            Subject::Container(path) => {
                let limits = Limits { duration: CONTAINER_TIME, ..Limits::default() };
                root(Folder::at(&path).one_file_system(true), limits).await?
            }
            Subject::Kubernetes(version) => Kept::Kubernetes(version),
        };
        spawn_blocking(move || pack(&kept)).await?
    }

    async fn judge_now(&self, packed: Vec<u8>, read_ms: i64) -> Result<Judged, ScanError> {
        let database = self.vulndb.present().ok_or_else(|| {
            ScanError::VulnDb("there is no vulnerability database yet".to_owned())
        })?;
        let read_at = DateTime::from_timestamp_millis(read_ms).unwrap_or_default();
        spawn_blocking(move || judge(&packed, &database, read_at)).await?
    }
}

fn pack(kept: &Kept) -> Result<Vec<u8>, ScanError> {
    let json = serde_json::to_vec(kept)
        .map_err(|error| ScanError::Malformed(format!("it cannot be kept: {error}")))?;
    zstd::bulk::compress(&json, ZSTD_LEVEL)
        .map_err(|source| ScanError::File { what: "compression".to_owned(), source })
}

fn judge(packed: &[u8], database: &VulnDb, read_at: DateTime<Utc>) -> Result<Judged, ScanError> {
    let damaged =
        |error: &dyn std::fmt::Display| ScanError::Malformed(format!("what was kept: {error}"));
    let json = zstd::bulk::decompress(packed, MOST_BYTES).map_err(|error| damaged(&error))?;
    let kept: Kept = serde_json::from_slice(&json).map_err(|error| damaged(&error))?;
    let judged = |inventory: &Inventory| {
        let report = Report::new(inventory, database, read_at)?;
        Ok(Judged { report: report.scan_report(Accepted::Hidden), brief: report.brief() })
    };
    match kept {
        Kept::Root(inventory) => judged(&inventory),
        Kept::Kubernetes(version) => {
            // A platform has no operating system, which is nothing to tell of.
            let Judged { mut report, brief } = judged(&kubernetes(&version))?;
            report.os_scan_status = None;
            Ok(Judged { report, brief: ScanBrief { os_scan_status: None, ..brief } })
        }
    }
}

/// Kubernetes as its vulnerabilities speak of it.
fn kubernetes(version: &str) -> Inventory {
    let version = version.trim_start_matches('v');
    let package = Package::new(Ecosystem::Application, "kubernetes", version, "");
    Inventory {
        digest: None,
        index_digest: None,
        image_id: None,
        config: palisade_scanner::source::ImageConfig::default(),
        layers: Vec::new(),
        distribution: None,
        packages: vec![LayeredPackage { package, layer: None }],
        set_ids: Vec::new(),
        malware: Vec::new(),
        secrets: Vec::new(),
        problems: Vec::new(),
    }
}

fn failure(error: &ScanError) -> ScanFailure {
    ScanFailure { text: error.result_text(), transient: error.is_transient() }
}

fn database(database: &VulnDb) -> Database {
    Database { version: database.version().to_owned(), create_time: database.create_time() }
}

impl Scanner for NodeScanner {
    fn read(&self, subject: Subject) -> Pending<'_, Result<Vec<u8>, ScanFailure>> {
        Box::pin(async move { self.read_now(subject).await.map_err(|error| failure(&error)) })
    }

    fn judge(&self, inventory: Vec<u8>, read_ms: i64) -> Pending<'_, Result<Judged, ScanFailure>> {
        Box::pin(async move {
            self.judge_now(inventory, read_ms).await.map_err(|error| failure(&error))
        })
    }

    fn database(&self) -> Option<Database> {
        self.vulndb.present().as_deref().map(database)
    }

    fn database_other_than<'a>(&'a self, known: &'a str) -> Pending<'a, Database> {
        Box::pin(async move {
            let mut watch = self.vulndb.watch();
            let other = watch.wait_for(|present| {
                present.as_ref().is_some_and(|present| present.version() != known)
            });
            match other.await.ok().and_then(|present| present.as_deref().map(database)) {
                Some(database) => database,
                // Whoever keeps the database has ended.
                None => std::future::pending().await,
            }
        })
    }

    fn cache(&self) -> ScanCacheData {
        let usage = self.cache.usage();
        let record = |layer: scan::CachedLayer| ScanCacheRecord {
            layer_id: layer.digest.to_string(),
            size: layer.bytes as i64,
            reference_count: layer.hits as i64,
            last_referred: DateTime::<Utc>::from(layer.last_hit)
                .to_rfc3339_opts(SecondsFormat::Secs, true),
        };
        ScanCacheData {
            record_total_size: usage.layers.iter().map(|layer| layer.bytes as i64).sum(),
            cache_misses: usage.misses as i64,
            cache_hits: usage.hits as i64,
            cache_records: usage.layers.into_iter().map(record).collect(),
        }
    }
}
