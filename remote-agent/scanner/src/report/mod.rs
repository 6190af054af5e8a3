//! What comes out of a scan, in the forms that people and programs read.
//!
//! Open [`finding`] for what a finding is, [`matching`] for how it is made,
//! [`rest`] for the form that REST clients know, [`vex`] and [`policy`] for
//! what makes findings not count, [`sbom`] for documents in and out, and
//! [`output`] for everything else that is written.

mod check;
pub mod finding;
mod matching;
pub mod output;
pub mod policy;
mod purl;
mod rest;
pub mod sbom;
mod set_id;
mod severity;
mod verdict;
pub mod vex;

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use palisade_api::rest::scan::ImageCheck;
use serde::{Deserialize, Serialize};

pub use finding::{Finding, Status, Suppressed, Suppression};
pub use rest::Accepted;
pub use severity::{Cvss, CvssVersion, DecidedBy, Rated, Severity};
pub use verdict::ImageName;

use crate::error::ScanError;
use crate::inspect::os::Distribution;
use crate::inspect::secret;
use crate::package::LayeredPackage;
use crate::scan::{FileMalware, FileProblem, FileSecret, Inventory, SetId};
use crate::vulndb::{OpenError, VulnDb};

/// The full result of the scan of one image, whatever names it has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Digest of the manifest; none for sources that have no manifest.
    pub digest: Option<Digest>,
    /// Digest of the index that the reference leads to, where it does.
    pub index_digest: Option<Digest>,
    /// Digest of the configuration.
    pub image_id: Option<Digest>,
    /// When the scan ended.
    pub scanned_at: DateTime<Utc>,
    /// Version of the vulnerability database.
    pub cvedb_version: String,
    /// When the vulnerability database was made, RFC 3339.
    pub cvedb_create_time: String,
    /// The operating system, where it is known.
    pub distribution: Option<Distribution>,
    /// Whether the packages of the operating system could be matched.
    pub supported: bool,
    /// Who made the image.
    pub author: String,
    /// When the image was made, RFC 3339.
    pub created_at: String,
    /// Whether a container of the image runs as root unless told otherwise.
    pub run_as_root: bool,
    /// Environment variables that the image sets.
    pub envs: Vec<String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// The steps that made the image, newest first.
    pub layers: Vec<ReportLayer>,
    /// The packages.
    pub packages: Vec<LayeredPackage>,
    /// The vulnerabilities, worst first.
    pub findings: Vec<Finding>,
    /// Vulnerabilities that do not count, and why.
    pub suppressed: Vec<Suppressed>,
    /// Number of vulnerabilities that count, by severity.
    pub counts: Counts,
    /// Findings about how the image is made.
    pub checks: Vec<ImageCheck>,
    /// Files that run as their owner or group.
    pub set_ids: Vec<SetId>,
    /// Files that are known malware.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub malware: Vec<FileMalware>,
    /// Secrets, cloaked.
    pub secrets: Vec<FileSecret>,
    /// Files that could not be understood: the report is then partial.
    pub problems: Vec<FileProblem>,
    /// Whose signatures the image has; none when nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signatures: Option<Signatures>,
}

/// Whose signatures an image has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatures {
    /// `root/verifier` of each verifier that is satisfied.
    pub verifiers: Vec<String>,
    /// When they were verified.
    pub verified_at: DateTime<Utc>,
}

/// A kind of what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// Known vulnerabilities of packages.
    Vulnerability,
    /// Secrets in files, environment and history.
    Secret,
    /// Files that run as their owner or group.
    SetId,
    /// How the image is made.
    Configuration,
}

/// A step in the making of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportLayer {
    /// The layer's digest; none for a step without a layer.
    pub digest: Option<Digest>,
    /// The command; none for a layer that no step of the history speaks of.
    pub command: Option<String>,
    /// Bytes as stored.
    pub size: u64,
    /// Whether it belongs to the base image.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_base_image: bool,
}

impl ReportLayer {
    /// The command without the secrets in it.
    fn shown_command(&self) -> Option<String> {
        self.command.as_deref().map(|command| secret::cloaked_in(secret::HISTORY, command))
    }
}

/// Holds several images against one database. What was looked up for one is
/// there for the next: images have most of their packages in common.
#[derive(Debug)]
pub struct Matching<'a> {
    database: &'a VulnDb,
    known: matching::Known<'a>,
}

impl<'a> Matching<'a> {
    /// Nothing is looked up yet.
    pub fn new(database: &'a VulnDb) -> Self {
        Self { database, known: matching::Known::new(database) }
    }

    /// The report on one image, without descriptions. Blocks.
    pub fn report(
        &mut self,
        inventory: &Inventory,
        scanned_at: DateTime<Utc>,
    ) -> Result<Report, ScanError> {
        let findings = matching::matches(inventory, &mut self.known)?;
        let mut report = Report {
            cvedb_version: self.database.version().to_owned(),
            cvedb_create_time: self.database.create_time(),
            ..Report::with_findings(inventory, findings, scanned_at)
        };
        report.problems.extend(matching::uncovered(inventory, &self.known));
        Ok(report)
    }
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
        let mut report = Self::matched(inventory, database, scanned_at)?;
        report.describe(database)?;
        Ok(report)
    }

    /// Like [`Report::new`] without the descriptions, for who only counts and
    /// decides. Blocks.
    pub fn matched(
        inventory: &Inventory,
        database: &VulnDb,
        scanned_at: DateTime<Utc>,
    ) -> Result<Self, ScanError> {
        Matching::new(database).report(inventory, scanned_at)
    }

    /// The report on an inventory with findings that were made of it before.
    /// Of which database they are is the caller's to say.
    pub fn with_findings(
        inventory: &Inventory,
        findings: Vec<Finding>,
        scanned_at: DateTime<Utc>,
    ) -> Self {
        let mut report = Self { findings, ..Self::unmatched(inventory, scanned_at) };
        report.count();
        report
    }

    /// What an inventory tells by itself, held against no database.
    pub fn unmatched(inventory: &Inventory, scanned_at: DateTime<Utc>) -> Self {
        let config = &inventory.config;
        Self {
            digest: inventory.digest,
            index_digest: inventory.index_digest,
            image_id: inventory.image_id,
            scanned_at,
            cvedb_version: String::new(),
            cvedb_create_time: String::new(),
            distribution: inventory.distribution.clone(),
            supported: inventory.distribution.as_ref().is_some_and(Distribution::is_supported),
            author: config.author.clone(),
            created_at: config.created.clone(),
            run_as_root: config.runs_as_root(),
            envs: config.envs.clone(),
            labels: config.labels.clone(),
            layers: layers(inventory),
            packages: inventory.packages.clone(),
            findings: Vec::new(),
            suppressed: Vec::new(),
            counts: Counts::default(),
            checks: check::checks(inventory),
            set_ids: inventory.set_ids.clone(),
            malware: inventory.malware.clone(),
            secrets: inventory.secrets.clone(),
            problems: inventory.problems.clone(),
            signatures: None,
        }
    }

    /// Leaves out what was not asked for.
    pub fn keep(&mut self, kinds: &[FindingKind]) {
        if !kinds.contains(&FindingKind::Vulnerability) {
            self.findings.clear();
            self.suppressed.clear();
            self.count();
        }
        if !kinds.contains(&FindingKind::SetId) {
            self.set_ids.clear();
            self.checks.retain(|check| check.test_number != check::SET_ID);
        }
        if !kinds.contains(&FindingKind::Secret) {
            self.secrets.clear();
            self.checks.retain(|check| check.test_number != check::SECRET);
        }
        if !kinds.contains(&FindingKind::Configuration) {
            let others = [check::SET_ID, check::SECRET];
            self.checks.retain(|check| others.contains(&check.test_number.as_str()));
        }
    }

    /// Adds the descriptions and references of the findings, which are long
    /// and seldom read.
    /// Blocks.
    pub fn describe(&mut self, database: &VulnDb) -> Result<(), ScanError> {
        let failed = |error: OpenError| ScanError::VulnDb(error.to_string());
        let mut texts = database.texts().map_err(failed)?;
        let suppressed = self.suppressed.iter_mut().map(|suppressed| &mut suppressed.finding);
        for finding in self.findings.iter_mut().chain(suppressed) {
            if !finding.description.is_empty() {
                continue;
            }
            let prose = texts.prose(&finding.name).map_err(failed)?;
            finding.description = prose.description;
            for reference in prose.references {
                if !finding.links.contains(&reference) {
                    finding.links.push(reference);
                }
            }
        }
        Ok(())
    }

    /// Marks what came with the image `base` that this one is built on: the
    /// layers that both begin with. Gives their number.
    pub fn mark_base(&mut self, inventory: &Inventory, base: &Inventory) -> usize {
        let same = |ours: &[String], theirs: &[String]| {
            ours.iter().zip(theirs).take_while(|(ours, theirs)| ours == theirs).count()
        };
        // A registry may have packed the same layer differently.
        let unpacked = same(&inventory.config.diff_ids, &base.config.diff_ids);
        let packed = inventory.layers.iter().zip(&base.layers);
        let common = unpacked.max(packed.take_while(|(a, b)| a.digest == b.digest).count());
        let of_base: HashSet<Digest> =
            inventory.layers.iter().take(common).map(|layer| layer.digest).collect();
        let suppressed = self.suppressed.iter_mut().map(|suppressed| &mut suppressed.finding);
        for finding in self.findings.iter_mut().chain(suppressed) {
            finding.in_base_image = finding.layer.is_some_and(|layer| of_base.contains(&layer));
        }
        for layer in &mut self.layers {
            layer.in_base_image = layer.digest.is_some_and(|digest| of_base.contains(&digest));
        }
        common
    }

    /// The package of a finding.
    pub fn package(&self, finding: &Finding) -> Option<&LayeredPackage> {
        self.packages.get(finding.package as usize)
    }

    /// The operating system in the form of reports, `debian:12`; empty when
    /// unknown.
    pub fn base_os(&self) -> String {
        self.distribution.as_ref().map(Distribution::base_os).unwrap_or_default()
    }

    /// Whether something of the image could not be understood.
    pub fn is_partial(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Counts again what counts.
    fn count(&mut self) {
        self.counts = Counts::default();
        for finding in self.findings.iter().filter(|finding| finding.accepted.is_none()) {
            *self.counts.of(finding.severity()) += 1;
        }
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

    /// All of them.
    pub const fn total(&self) -> i64 {
        self.critical + self.high + self.medium + self.low + self.unknown
    }
}

/// One element for each step of the history, newest first; layers beyond the
/// history come before without a command.
fn layers(inventory: &Inventory) -> Vec<ReportLayer> {
    let mut rest = inventory.layers.iter();
    let mut layers: Vec<ReportLayer> = inventory
        .config
        .history
        .iter()
        .map(|step| {
            let layer = if step.empty_layer { None } else { rest.next() };
            ReportLayer {
                digest: layer.map(|layer| layer.digest),
                command: Some(step.created_by.clone()),
                size: layer.map_or(0, |layer| layer.size),
                in_base_image: false,
            }
        })
        .collect();
    layers.extend(rest.map(|layer| ReportLayer {
        digest: Some(layer.digest),
        size: layer.size,
        ..ReportLayer::default()
    }));
    layers.reverse();
    layers
}
