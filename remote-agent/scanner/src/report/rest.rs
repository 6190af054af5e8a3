//! The report in the form that REST clients know.

use std::collections::{BTreeMap, HashMap};

use chrono::SecondsFormat;
use palisade_api::Digest;
use palisade_api::rest::scan::{
    ModuleCve, RegistryImageSummary, ScanBrief, ScanLayer, ScanLayersReport, ScanModule,
    ScanRepoReport, ScanReport, ScanSecret, ScanSetIdPerm, ScanSignatureInfo, VexStatement,
    Vulnerability,
};

use super::severity::CvssVersion;
use super::{Finding, Report, ReportLayer, Suppression, set_id};
use crate::error::ScanOutcome;
use crate::inspect::secret;
use crate::package::LayeredPackage;
use crate::scan::{FileSecret, SetId};

/// Whether vulnerabilities that somebody accepted are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accepted {
    /// They are left out.
    #[default]
    Hidden,
    /// They are shown with the tag `accepted`.
    Tagged,
    /// So they are, and what does not count because of a VEX document with the
    /// tag `vex`.
    TaggedWithVex,
}

/// Bytes of an image's environment, and of its labels, in a list of images.
const MOST_LISTED: usize = 64 << 10;
/// Characters of another text of an image there.
const MOST_CHARS: usize = 1_000;

impl Report {
    /// The report as `GET …/image/{id}` gives it.
    pub fn scan_report(&self, accepted: Accepted) -> ScanReport {
        ScanReport {
            os_scan_status: (!self.supported).then(|| "unsupported".to_owned()),
            vulnerabilities: self.vulnerabilities(accepted, |_| true),
            modules: self.modules(accepted),
            checks: self.checks.clone(),
            secrets: self.secrets.iter().map(scan_secret).collect(),
            setid_perms: self.set_ids.iter().filter_map(set_id_perm).collect(),
            envs: self.shown_envs(),
            labels: self.shown_labels(),
            cmds: self.layers.iter().filter_map(ReportLayer::shown_command).collect(),
            signature_data: self.signatures.as_ref().map(|signatures| ScanSignatureInfo {
                verifiers: signatures.verifiers.clone(),
                verification_timestamp: signatures
                    .verified_at
                    .to_rfc3339_opts(SecondsFormat::Secs, true),
            }),
        }
    }

    /// The layers as `GET …/layers/{id}` gives them.
    pub fn layers_report(&self, accepted: Accepted) -> ScanLayersReport {
        ScanLayersReport { layers: self.rest_layers(accepted) }
    }

    /// The whole, as clients get it of a repository. Registry, repository and
    /// tag are empty: an image may have several names.
    pub fn repository_report(&self, accepted: Accepted) -> ScanRepoReport {
        ScanRepoReport {
            image_id: self.image_id.map(|id| id.to_string()).unwrap_or_default(),
            digest: oci(self.digest),
            size: self.size(),
            author: self.shown_author(),
            base_os: self.base_os(),
            created_at: self.created_at.clone(),
            cvedb_version: self.cvedb_version.clone(),
            cvedb_create_time: self.cvedb_create_time.clone(),
            layers: self.rest_layers(accepted),
            report: self.scan_report(accepted),
            ..ScanRepoReport::default()
        }
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
            base_os: self.base_os(),
            scanner_version: self.cvedb_version.clone(),
            cvedb_create_time: self.cvedb_create_time.clone(),
            os_scan_status: (!self.supported).then(|| "unsupported".to_owned()),
        }
    }

    /// The image as one element of a registry's list. Lists are long, and an image may say of
    /// itself what it likes: what is too much stands in the report alone.
    pub fn image_summary(&self, repository: &str, tag: &str) -> RegistryImageSummary {
        RegistryImageSummary {
            domain: String::new(),
            repository: repository.to_owned(),
            tag: tag.to_owned(),
            image_id: self.image_id.map(|id| id.to_string()).unwrap_or_default(),
            digest: oci(self.digest),
            size: self.size(),
            author: short(&self.shown_author()),
            run_as_root: self.run_as_root,
            created_at: short(&self.created_at),
            envs: listed(self.shown_envs(), String::len),
            labels: listed(self.shown_labels(), |(name, value)| name.len() + value.len()),
            layers: self.layers.iter().filter_map(|l| l.digest.map(Digest::to_oci)).collect(),
            brief: self.brief(),
        }
    }

    /// Bytes of the layers as stored.
    pub fn size(&self) -> i64 {
        self.layers.iter().map(|layer| layer.size as i64).sum()
    }

    /// Who made it, without the secrets in it: builds put there what they like.
    fn shown_author(&self) -> String {
        secret::cloaked_in(secret::HISTORY, &self.author)
    }

    /// The environment without the secrets in it.
    pub(super) fn shown_envs(&self) -> Vec<String> {
        self.envs.iter().map(|env| secret::cloaked_in(secret::ENVIRONMENT, env)).collect()
    }

    /// The labels without the secrets in them: builders note the address that they cloned.
    pub(super) fn shown_labels(&self) -> BTreeMap<String, String> {
        let shown = |(name, value): (&String, &String)| {
            let label = secret::cloaked_in(secret::ENVIRONMENT, &format!("{name}={value}"));
            // Where the name itself looks like one, nothing of the label is shown.
            let value = label.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('='));
            (name.clone(), value.unwrap_or_default().to_owned())
        };
        self.labels.iter().map(shown).collect()
    }

    fn shown(&self, accepted: Accepted) -> impl Iterator<Item = &Finding> {
        let (all, vex) = (accepted != Accepted::Hidden, accepted == Accepted::TaggedWithVex);
        let by_vex =
            self.suppressed.iter().filter(move |one| vex && one.reason == Suppression::Vex);
        let counted = self.findings.iter().filter(move |one| all || one.accepted.is_none());
        counted.chain(by_vex.map(|one| &one.finding))
    }

    fn vulnerabilities(
        &self,
        accepted: Accepted,
        of: impl Fn(&Finding) -> bool,
    ) -> Vec<Vulnerability> {
        let of = self.shown(accepted).filter(|finding| of(finding));
        of.map(|finding| vulnerability(finding, self.package(finding))).collect()
    }

    fn rest_layers(&self, accepted: Accepted) -> Vec<ScanLayer> {
        let layer = |layer: &ReportLayer| ScanLayer {
            digest: oci(layer.digest),
            cmds: layer.shown_command().unwrap_or_default(),
            vulnerabilities: match layer.digest {
                Some(digest) => {
                    self.vulnerabilities(accepted, |finding| finding.layer == Some(digest))
                }
                None => Vec::new(),
            },
            size: layer.size as i64,
        };
        self.layers.iter().map(layer).collect()
    }

    fn modules(&self, accepted: Accepted) -> Vec<ScanModule> {
        let mut cves: HashMap<u32, Vec<ModuleCve>> = HashMap::new();
        for finding in self.shown(accepted) {
            cves.entry(finding.package).or_default().push(ModuleCve {
                name: finding.name.clone(),
                status: finding.status.module_text().to_owned(),
            });
        }
        let base_os = self.base_os();
        let module = |(at, LayeredPackage { package, .. }): (usize, &LayeredPackage)| {
            let mut cves = cves.remove(&(at as u32)).unwrap_or_default();
            cves.sort_by(|left, right| left.name.cmp(&right.name));
            let source = package.ecosystem.module_source();
            ScanModule {
                name: package.shown_name(),
                file: package.file.clone(),
                version: package.version.clone(),
                source: if source.is_empty() { base_os.clone() } else { source.to_owned() },
                cves,
                cpes: Vec::new(),
            }
        };
        self.packages.iter().enumerate().map(module).collect()
    }
}

fn vulnerability(finding: &Finding, package: Option<&LayeredPackage>) -> Vulnerability {
    let package = package.map(|layered| &layered.package);
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    Vulnerability {
        name: finding.name.clone(),
        score: finding.rating.score_v2,
        severity: super::output::severity_text(finding.severity()).to_owned(),
        vectors: finding.rating.vector(CvssVersion::V2).to_owned(),
        description: finding.description.clone(),
        file_name: text(package.map(|package| &package.file)),
        package_name: package.map(crate::package::Package::shown_name).unwrap_or_default(),
        package_version: text(package.map(|package| &package.version)),
        fixed_version: finding.fixed_version(),
        link: text(finding.links.first()),
        score_v3: finding.rating.score_v3,
        vectors_v3: finding.rating.vector(CvssVersion::V3).to_owned(),
        published_timestamp: finding.published,
        last_modified_timestamp: finding.modified,
        cpes: Vec::new(),
        cves: finding.aliases.clone(),
        feed_rating: finding.feed_rating.clone(),
        in_base_image: finding.in_base_image,
        tags: tags(finding),
        vex: finding.vex.as_ref().map(|note| VexStatement {
            status: note.state.as_str().to_owned(),
            justification: note.justification.clone(),
            statement: note.statement.clone(),
            document: note.document.clone(),
        }),
    }
}

/// Why it does not count.
fn tags(finding: &Finding) -> Vec<String> {
    let accepted = finding.accepted.is_some().then_some("accepted");
    let vex = finding.vex.as_ref().filter(|note| note.state.suppresses()).map(|_| "vex");
    accepted.into_iter().chain(vex).map(str::to_owned).collect()
}

fn scan_secret(found: &FileSecret) -> ScanSecret {
    ScanSecret {
        kind: found.secret.kind.clone(),
        evidence: found.secret.evidence.clone(),
        path: found.path.clone(),
        suggestion: found.secret.suggestion.clone(),
    }
}

fn set_id_perm(found: &SetId) -> Option<ScanSetIdPerm> {
    Some(ScanSetIdPerm {
        kind: set_id::kind(found.mode)?.to_owned(),
        evidence: set_id::text(found.mode),
        path: found.path.clone(),
    })
}

fn oci(digest: Option<Digest>) -> String {
    digest.map(Digest::to_oci).unwrap_or_default()
}

fn short(text: &str) -> String {
    text.chars().take(MOST_CHARS).collect()
}

/// Those that fit into an element of a list.
fn listed<T, C>(all: C, length: impl Fn(&T) -> usize) -> C
where
    C: IntoIterator<Item = T> + FromIterator<T>,
{
    let mut left = MOST_LISTED;
    let fits = |one: &T| match left.checked_sub(length(one)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    all.into_iter().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_made_an_image_is_shown_without_secrets() {
        let token = format!("ghp_{}", &Digest::of(b"shop").to_string()[..36]);
        let report = Report { author: format!("shop {token}"), ..Report::default() };
        let summary = report.image_summary("shop/orders", "v1");
        for author in [summary.author, report.repository_report(Accepted::Hidden).author] {
            assert!(author.starts_with("shop ghp_") && !author.contains(&token), "{author}");
        }
    }

    #[test]
    fn lists_stay_short_whatever_an_image_says_of_itself() {
        let long = "x".repeat(MOST_LISTED);
        let report = Report {
            author: long.clone(),
            created_at: long.clone(),
            envs: vec![format!("A={long}"), "PATH=/usr/bin".to_owned()],
            labels: [("a", long.as_str()), ("maintainer", "shop")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..Report::default()
        };
        let summary = report.image_summary("shop/orders", "v1");
        assert_eq!(summary.envs, ["PATH=/usr/bin"]);
        assert_eq!(summary.labels.into_keys().collect::<Vec<_>>(), ["maintainer"]);
        assert!(summary.author.len() == MOST_CHARS && summary.created_at.len() == MOST_CHARS);
    }
}
