//! Findings of reports as the rows that questions about the fleet are asked
//! of, and what need not be written again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use palisade_api::Digest;
use palisade_scanner::report::{CvssVersion, Finding, Severity};
use palisade_scanner::vulndb::OpenError;
use palisade_scanner::{Report, ScanError, VulnDb};
use sqlx::PgTransaction;

use crate::store;
use crate::store::finding::{
    KnownVulnerability, PackageKey, Rating, ReportFindings, VulnerablePackage,
};

/// Bytes of a name that is part of a key: what is longer is no name, and no
/// index takes it.
const LONGEST: usize = 400;

/// What a report says in the form of rows, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) packages: Vec<VulnerablePackage>,
    pub(super) vulnerabilities: BTreeMap<String, KnownVulnerability>,
}

impl Rows {
    /// The rows of a report. One vulnerability of one version of a package is
    /// one row, in however many files it was found.
    pub(super) fn of(report: &Report) -> Self {
        let base_os = report.base_os();
        let mut rows: BTreeMap<PackageKey, VulnerablePackage> = BTreeMap::new();
        let mut vulnerabilities: BTreeMap<String, KnownVulnerability> = BTreeMap::new();
        for finding in &report.findings {
            let Some(layered) = report.package(finding) else { continue };
            let package = &layered.package;
            let source = match package.ecosystem.module_source() {
                "" => base_os.as_str(),
                language => language,
            };
            let name = key(&finding.name);
            let row = VulnerablePackage {
                key: PackageKey {
                    vulnerability: name.clone(),
                    package_name: key(&package.shown_name()),
                    package_version: key(&package.version),
                    source: key(source),
                },
                rating: rating(finding),
                status: finding.status.module_text(),
                fixed_version: stored(&finding.fixed_version()),
            };
            let known = vulnerabilities.entry(name).or_insert_with_key(|name| known(name, finding));
            if rank(&row.rating) > rank(&known.rating) {
                known.rating = row.rating.clone();
            }
            rows.entry(row.key.clone()).or_insert(row);
        }
        Self { packages: rows.into_values().collect(), vulnerabilities }
    }

    /// Equal for reports whose findings are the same rows.
    pub(super) fn digest(&self) -> Digest {
        let mut text = Vec::new();
        for VulnerablePackage { key, .. } in &self.packages {
            for part in [&key.vulnerability, &key.package_name, &key.package_version, &key.source] {
                text.extend_from_slice(part.as_bytes());
                text.push(0);
            }
        }
        Digest::of(&text)
    }
}

/// The findings of several reports, by their ids.
pub(super) fn together<'a>(
    reports: impl Iterator<Item = (i32, &'a Rows)>,
) -> (ReportFindings, Vec<VulnerablePackage>) {
    let mut all = ReportFindings::default();
    let mut packages = Vec::new();
    let mut places: HashMap<&PackageKey, i32> = HashMap::new();
    for (id, rows) in reports {
        all.reports.push(id);
        for package in &rows.packages {
            let place = *places.entry(&package.key).or_insert_with(|| {
                packages.push(package.clone());
                all.keys.push(package.key.clone());
                packages.len() as i32 - 1
            });
            all.pairs.push((id, place));
        }
    }
    (all, packages)
}

fn known(name: &str, finding: &Finding) -> KnownVulnerability {
    let text = |text: Option<&String>| text.map(|text| stored(text)).unwrap_or_default();
    KnownVulnerability {
        name: name.to_owned(),
        rating: rating(finding),
        vectors: stored(finding.rating.vector(CvssVersion::V2)),
        vectors_v3: stored(finding.rating.vector(CvssVersion::V3)),
        description: stored(&finding.description),
        link: text(finding.links.first()),
        published: finding.published,
        modified: finding.modified,
        epss: finding.epss.map(|epss| (epss.score, epss.percentile)),
        kev: finding.kev.is_some(),
    }
}

fn rating(finding: &Finding) -> Rating {
    Rating {
        severity: match finding.severity() {
            None => 0,
            Some(Severity::Low) => 1,
            Some(Severity::Medium) => 2,
            Some(Severity::High) => 3,
            Some(Severity::Critical) => 4,
        },
        score: finding.rating.score_v2,
        score_v3: finding.rating.score_v3,
        feed_rating: stored(&finding.feed_rating),
    }
}

/// What makes one rating worse than another. Scores are not negative.
fn rank(rating: &Rating) -> (i16, u32, u32) {
    (rating.severity, rating.score_v3.to_bits(), rating.score.to_bits())
}

/// Text that Postgres takes: none with a NUL.
fn stored(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn key(text: &str) -> String {
    let mut text = stored(text);
    let end = (0..=LONGEST.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or_default());
    text
}

/// What this replica has written of the present database, so that it is
/// written once and not for each image.
#[derive(Debug, Default)]
pub(crate) struct Told(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The database that told.
    vulndb: Option<Digest>,
    /// The worst rating of each vulnerability.
    vulnerabilities: HashMap<String, (i16, u32, u32)>,
    /// Hashes of vulnerable packages with all that is said of them.
    packages: HashSet<u64>,
}

/// What is to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct News {
    pub(super) vulnerabilities: Vec<KnownVulnerability>,
    pub(super) packages: Vec<VulnerablePackage>,
}

impl News {
    /// Adds what is long and seldom read. Blocks.
    pub(super) fn describe(&mut self, database: &VulnDb) -> Result<(), ScanError> {
        let failed = |error: OpenError| ScanError::VulnDb(error.to_string());
        let mut texts = database.texts().map_err(failed)?;
        for known in &mut self.vulnerabilities {
            let prose = texts.prose(&known.name).map_err(failed)?;
            known.description = stored(&prose.description);
        }
        Ok(())
    }

    /// Writes the news, and the findings of the reports that changed.
    pub(super) async fn write<'a>(
        &self,
        tx: &mut PgTransaction<'_>,
        vulndb: Digest,
        changed: impl Iterator<Item = (i32, &'a Rows)>,
    ) -> store::Result<()> {
        let (findings, packages) = together(changed);
        // What was told before may have been swept away since, with the last
        // image that held it.
        let all: BTreeMap<&PackageKey, &VulnerablePackage> =
            packages.iter().chain(&self.packages).map(|package| (&package.key, package)).collect();
        let all: Vec<VulnerablePackage> = all.into_values().cloned().collect();
        store::finding::lock(tx).await?;
        if !self.vulnerabilities.is_empty() {
            store::finding::tell_vulnerabilities(tx, vulndb, &self.vulnerabilities).await?;
        }
        if !all.is_empty() {
            store::finding::tell_packages(tx, &all).await?;
        }
        if !findings.reports.is_empty() {
            store::finding::replace(tx, &findings).await?;
        }
        Ok(())
    }
}

impl Told {
    /// What of `rows` is news.
    pub(super) fn news<'a>(&self, vulndb: Digest, rows: impl Iterator<Item = &'a Rows>) -> News {
        let state = self.state(vulndb);
        let mut vulnerabilities: BTreeMap<&str, KnownVulnerability> = BTreeMap::new();
        let mut packages: BTreeMap<&PackageKey, &VulnerablePackage> = BTreeMap::new();
        for rows in rows {
            for (name, known) in &rows.vulnerabilities {
                let told = state.vulnerabilities.get(name);
                let here = vulnerabilities.get(name.as_str()).map(|known| rank(&known.rating));
                let worst = told.copied().max(here);
                if worst.is_none_or(|worst| rank(&known.rating) > worst) {
                    vulnerabilities.insert(name, known.clone());
                }
            }
            for package in &rows.packages {
                if !state.packages.contains(&hash(package)) {
                    packages.insert(&package.key, package);
                }
            }
        }
        News {
            vulnerabilities: vulnerabilities.into_values().collect(),
            packages: packages.into_values().cloned().collect(),
        }
    }

    /// Notes what was committed.
    pub(super) fn told(&self, vulndb: Digest, news: &News) {
        let mut state = self.state(vulndb);
        for known in &news.vulnerabilities {
            state.vulnerabilities.insert(known.name.clone(), rank(&known.rating));
        }
        state.packages.extend(news.packages.iter().map(hash));
    }

    fn state(&self, vulndb: Digest) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.vulndb != Some(vulndb) {
            *state = State { vulndb: Some(vulndb), ..State::default() };
        }
        state
    }
}

fn hash(package: &VulnerablePackage) -> u64 {
    let mut hasher = DefaultHasher::new();
    let VulnerablePackage { key, rating, status, fixed_version } = package;
    (key, rank(rating), &rating.feed_rating, status, fixed_version).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use palisade_scanner::{Ecosystem, LayeredPackage, Package};

    use super::*;

    fn report(findings: &[(&str, u32, Severity)]) -> Report {
        let package = |name: &str, file: &str| LayeredPackage {
            package: Package::new(Ecosystem::Npm, name, "1.0.0", file),
            layer: None,
        };
        let finding = |(name, package, severity): &(&str, u32, Severity)| {
            let mut finding =
                Finding { name: (*name).to_owned(), package: *package, ..Finding::default() };
            finding.rating.severity = Some(*severity);
            finding
        };
        Report {
            packages: vec![
                package("ms", "a/package.json"),
                package("ms", "b/package.json"),
                package("bad\0name", &"x".repeat(10)),
            ],
            findings: findings.iter().map(finding).collect(),
            ..Report::default()
        }
    }

    #[test]
    fn a_package_found_in_two_files_is_one_row() {
        let rows = Rows::of(&report(&[("CVE-1", 0, Severity::Low), ("CVE-1", 1, Severity::Low)]));
        assert_eq!(rows.packages.len(), 1);
        assert_eq!(rows.packages[0].key.source, "npm");
    }

    #[test]
    fn names_are_cut_to_what_an_index_takes_and_hold_no_nul() {
        assert_eq!(key(&"ä".repeat(1_000)).len(), LONGEST);
        let rows = Rows::of(&report(&[("CVE-1", 2, Severity::Low)]));
        assert_eq!(rows.packages[0].key.package_name, "bad\u{fffd}name");
    }

    #[test]
    fn the_digest_follows_the_set_of_rows_and_not_their_ratings() {
        let low = Rows::of(&report(&[("CVE-1", 0, Severity::Low)]));
        let high = Rows::of(&report(&[("CVE-1", 0, Severity::High)]));
        let other = Rows::of(&report(&[("CVE-2", 0, Severity::Low)]));
        assert_eq!(low.digest(), high.digest());
        assert_ne!(low.digest(), other.digest());
    }

    #[test]
    fn what_was_told_is_told_again_only_when_it_is_worse_or_the_database_is_new() {
        let told = Told::default();
        let (first, second) = (Digest::of(b"1"), Digest::of(b"2"));
        let rows = |severity| Rows::of(&report(&[("CVE-1", 0, severity)]));
        let count = |news: &News| (news.vulnerabilities.len(), news.packages.len());
        let news = told.news(first, [&rows(Severity::Medium)].into_iter());
        assert_eq!(count(&news), (1, 1));
        told.told(first, &news);
        for (vulndb, severity, expected) in [
            (first, Severity::Medium, (0, 0)),
            // What is said of the package changed, the worst of it not.
            (first, Severity::Low, (0, 1)),
            (first, Severity::Critical, (1, 1)),
            (second, Severity::Medium, (1, 1)),
        ] {
            let news = told.news(vulndb, [&rows(severity)].into_iter());
            assert_eq!(count(&news), expected, "{severity:?}");
        }
    }
}
