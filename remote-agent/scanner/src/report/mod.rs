//! What comes out of a scan, in the forms that people and programs read.

mod check;
mod cyclonedx;
mod matching;
mod severity;
mod table;
mod verdict;

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use palisade_api::rest::scan::{
    RegistryImageSummary, ScanBrief, ScanLayer, ScanLayersReport, ScanRepoReport, ScanReport,
};
use serde::{Deserialize, Serialize};

pub use severity::Severity;
pub use verdict::ImageName;

use crate::error::{ScanError, ScanOutcome};
use crate::package::LayeredPackage;
use crate::scan::Inventory;
use crate::vulndb::VulnDb;

/// The full result of the scan of one image, whatever names it has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Digest of the manifest; none for sources that have no manifest.
    pub digest: Option<Digest>,
    /// Digest of the index that the reference leads to, where it does.
    pub index_digest: Option<Digest>,
    /// When the scan ended.
    pub scanned_at: DateTime<Utc>,
    /// Whether a container of the image runs as root unless told otherwise.
    pub run_as_root: bool,
    /// Number of vulnerabilities by severity.
    pub counts: Counts,
    /// What REST clients see. Registry, repository and tag are empty: an
    /// image may have several names.
    pub result: ScanRepoReport,
}

/// Number of vulnerabilities by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Critical.
    pub critical: i64,
    /// High.
    pub high: i64,
    /// Medium.
    pub medium: i64,
    /// Low.
    pub low: i64,
    /// Those that nobody rated.
    pub unknown: i64,
}

impl Report {
    /// Holds an inventory against a database. Blocks.
    pub fn new(
        inventory: &Inventory,
        database: &VulnDb,
        scanned_at: DateTime<Utc>,
    ) -> Result<Self, ScanError> {
        let matched = matching::matches(inventory, database)?;
        let mut counts = Counts::default();
        for found in &matched.vulnerabilities {
            *counts.of(found.severity) += 1;
        }
        let config = &inventory.config;
        let oci = |digest: Option<Digest>| digest.map(Digest::to_oci).unwrap_or_default();
        let layers = layers(inventory, &matched);
        let report = ScanReport {
            os_scan_status: (!matched.supported).then(|| "unsupported".to_owned()),
            vulnerabilities: matched.vulnerabilities.into_iter().map(|f| f.rest).collect(),
            modules: matched.modules,
            checks: check::checks(config),
            envs: config.envs.clone(),
            labels: config.labels.clone(),
            cmds: config.history.iter().rev().map(|step| step.created_by.clone()).collect(),
        };
        Ok(Self {
            digest: inventory.digest,
            index_digest: inventory.index_digest,
            scanned_at,
            run_as_root: config.runs_as_root(),
            counts,
            result: ScanRepoReport {
                image_id: inventory.image_id.map(|id| id.to_string()).unwrap_or_default(),
                digest: oci(inventory.digest),
                size: inventory.layers.iter().map(|layer| layer.size as i64).sum(),
                author: config.author.clone(),
                base_os: inventory
                    .distribution
                    .as_ref()
                    .map(crate::inspect::os::Distribution::base_os)
                    .unwrap_or_default(),
                created_at: config.created.clone(),
                cvedb_version: database.version().to_owned(),
                cvedb_create_time: database.create_time(),
                layers,
                report,
                ..ScanRepoReport::default()
            },
        })
    }

    /// The report as `GET …/image/{id}` gives it.
    pub fn scan_report(&self) -> &ScanReport {
        &self.result.report
    }

    /// The layers as `GET …/layers/{id}` gives them.
    pub fn layers_report(&self) -> ScanLayersReport {
        ScanLayersReport { layers: self.result.layers.clone() }
    }

    /// The summary of the scan.
    pub fn brief(&self) -> ScanBrief {
        ScanBrief {
            status: "finished".to_owned(),
            critical: self.counts.critical,
            high: self.counts.high,
            medium: self.counts.medium,
            result: ScanOutcome::Succeeded.text().to_owned(),
            scanned_timestamp: self.scanned_at.timestamp(),
            scanned_at: self.scanned_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            base_os: self.result.base_os.clone(),
            scanner_version: self.result.cvedb_version.clone(),
            cvedb_create_time: self.result.cvedb_create_time.clone(),
            os_scan_status: self.result.report.os_scan_status.clone(),
        }
    }

    /// The image as one element of a registry's list.
    pub fn image_summary(&self, repository: &str, tag: &str) -> RegistryImageSummary {
        RegistryImageSummary {
            domain: String::new(),
            repository: repository.to_owned(),
            tag: tag.to_owned(),
            image_id: self.result.image_id.clone(),
            digest: self.result.digest.clone(),
            size: self.result.size,
            author: self.result.author.clone(),
            run_as_root: self.run_as_root,
            created_at: self.result.created_at.clone(),
            envs: self.result.report.envs.clone(),
            labels: self.result.report.labels.clone(),
            layers: self
                .result
                .layers
                .iter()
                .filter(|layer| !layer.digest.is_empty())
                .map(|layer| layer.digest.clone())
                .collect(),
            brief: self.brief(),
        }
    }

    /// The report as JSON.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(&serde_json::json!({ "report": self.result }))
    }

    /// The report as a table for people.
    pub fn table(&self, target: &str) -> String {
        table::table(self, target)
    }

    /// The packages and vulnerabilities as CycloneDX 1.6 JSON.
    pub fn cyclonedx(&self, target: &str) -> Result<String, serde_json::Error> {
        cyclonedx::document(self, target)
    }
}

impl Counts {
    fn of(&mut self, severity: Option<Severity>) -> &mut i64 {
        match severity {
            Some(Severity::Critical) => &mut self.critical,
            Some(Severity::High) => &mut self.high,
            Some(Severity::Medium) => &mut self.medium,
            Some(Severity::Low) => &mut self.low,
            None => &mut self.unknown,
        }
    }
}

/// One element for each step of the history, newest first; layers beyond the
/// history follow without a command.
fn layers(inventory: &Inventory, matched: &matching::Matched) -> Vec<ScanLayer> {
    let mut rest = inventory.layers.iter();
    let mut layers = Vec::new();
    for step in &inventory.config.history {
        let mut layer = ScanLayer { cmds: step.created_by.clone(), ..ScanLayer::default() };
        if !step.empty_layer
            && let Some(summary) = rest.next()
        {
            fill(&mut layer, summary, matched);
        }
        layers.push(layer);
    }
    for summary in rest {
        let mut layer = ScanLayer::default();
        fill(&mut layer, summary, matched);
        layers.push(layer);
    }
    layers.reverse();
    layers
}

fn fill(layer: &mut ScanLayer, summary: &crate::scan::LayerSummary, matched: &matching::Matched) {
    layer.digest = summary.digest.to_oci();
    layer.size = summary.size as i64;
    layer.vulnerabilities = matched
        .vulnerabilities
        .iter()
        .filter(|found| found.layer == Some(summary.digest))
        .map(|found| found.rest.clone())
        .collect();
}

/// The source that a module's report shows.
fn module_source(inventory: &Inventory, _: &LayeredPackage) -> String {
    inventory
        .distribution
        .as_ref()
        .map(crate::inspect::os::Distribution::base_os)
        .unwrap_or_default()
}
