//! What the controller asks of the scanner, which the program brings along:
//! neither knows the other's crate.

use std::fmt::Debug;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use palisade_api::rest::scan::{ScanBrief, ScanCacheData, ScanReport};
use thiserror::Error;

use crate::node::NodePaths;

/// Something to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The root folder of a node, with the file systems on its disks.
    Node(PathBuf),
    /// The root folder of a container, without its volumes.
    Container(PathBuf),
    /// Kubernetes of this version.
    Kubernetes(String),
}

/// What is known of what was read, held against a database.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// All of it.
    pub report: ScanReport,
    /// The summary.
    pub brief: ScanBrief,
}

/// The database in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Database {
    /// Its version.
    pub version: String,
    /// Date of its newest record, RFC 3339.
    pub create_time: String,
}

/// Why there is no result.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{text}")]
pub struct ScanFailure {
    /// The reason in the words that clients know, and the detail.
    pub text: String,
    /// Whether another try may succeed.
    pub transient: bool,
}

/// An answer that is on its way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Reads, and holds what was read against the database.
pub trait Scanner: Debug + Send + Sync {
    /// Reads `subject`. What comes, only the scanner understands.
    fn read(&self, subject: Subject) -> Pending<'_, Result<Vec<u8>, ScanFailure>>;

    /// Holds what was read at `read_ms` against the present database.
    fn judge(&self, inventory: Vec<u8>, read_ms: i64) -> Pending<'_, Result<Judged, ScanFailure>>;

    /// The present database; none where there is none yet.
    fn database(&self) -> Option<Database>;

    /// Waits for a database of another version than `known`.
    fn database_other_than<'a>(&'a self, known: &'a str) -> Pending<'a, Database>;

    /// What is kept of layers.
    fn cache(&self) -> ScanCacheData;
}

/// What a cluster's own scans need.
#[derive(Clone, Debug)]
pub struct ScanSetup {
    /// Who scans.
    pub scanner: Arc<dyn Scanner>,
    /// Where the node's files are.
    pub node: NodePaths,
    /// Version of Kubernetes; empty where it is not known.
    pub kube_version: String,
}
