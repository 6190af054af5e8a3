//! The compact result that an admission decision needs.

use std::collections::BTreeMap;

use palisade_api::Digest;
use palisade_api::scan::{self as proto, Verdict, VerdictCve};

use super::severity::{Rated, Severity};
use super::{Counts, Report};

/// A name under which an image is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageName {
    /// The configured registry's name.
    pub registry_name: String,
    /// The registry's URL, with a trailing slash.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
}

impl Report {
    /// The verdict on the image of digest `digest` with `names`. One
    /// vulnerability in several packages counts once, as fixable when any of
    /// the packages has a fix.
    pub fn verdict(&self, digest: Digest, names: &[ImageName]) -> Verdict {
        let mut cves: BTreeMap<&str, VerdictCve> = BTreeMap::new();
        for found in self.findings.iter().filter(|finding| finding.accepted.is_none()) {
            let severity = found.severity().map_or(proto::Severity::Unspecified, Severity::proto);
            let Rated { score_v2, score_v3, .. } = found.rating;
            let cve = cves.entry(&found.name).or_insert_with(|| VerdictCve {
                name: found.name.clone(),
                severity: severity.into(),
                score: if score_v3 > 0.0 { score_v3 } else { score_v2 },
                fixed: false,
                published: found.published,
            });
            cve.fixed |= found.has_fix();
            cve.severity = cve.severity.max(severity.into());
        }
        Verdict {
            image_digest: digest.to_oci(),
            image_id: self.image_id.map(Digest::to_oci).unwrap_or_default(),
            names: names
                .iter()
                .map(|name| proto::ImageName {
                    registry_name: name.registry_name.clone(),
                    registry: name.registry.clone(),
                    repository: name.repository.clone(),
                    tag: name.tag.clone(),
                })
                .collect(),
            base_os: self.base_os(),
            scanned_at: self.scanned_at.timestamp(),
            run_as_root: self.run_as_root,
            labels: self.shown_labels().into_iter().collect(),
            cves: cves.into_values().collect(),
            cvedb_version: self.cvedb_version.clone(),
            envs: self.shown_envs(),
            verifiers: self.signatures.as_ref().map(|s| s.verifiers.clone()).unwrap_or_default(),
            findings: Some(self.counts.proto()),
            secrets: u32::try_from(self.secrets.len()).unwrap_or(u32::MAX),
            set_ids: u32::try_from(self.set_ids.len()).unwrap_or(u32::MAX),
            size: self.size(),
        }
    }
}

impl Counts {
    /// The counts as verdicts carry them.
    pub fn proto(&self) -> proto::Findings {
        let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        proto::Findings {
            critical: count(self.critical),
            high: count(self.high),
            medium: count(self.medium),
            low: count(self.low),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every cluster keeps verdicts and shows them.
    #[test]
    fn secrets_in_the_environment_stay_where_they_are() {
        let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
        let report = Report {
            envs: vec!["PATH=/usr/bin".to_owned(), format!("GITHUB_TOKEN={token}")],
            ..Report::default()
        };
        let envs = report.verdict(Digest::of(b""), &[]).envs;
        assert_eq!(envs.first().map(String::as_str), Some("PATH=/usr/bin"));
        let shown = envs.get(1).unwrap();
        assert!(shown.starts_with("GITHUB_TOKEN=ghp_") && !shown.contains(&token), "{shown}");
    }

    #[test]
    fn secrets_in_labels_stay_where_they_are() {
        let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
        let source = format!("https://ci:{token}@example.org/shop.git");
        let labels = [("maintainer", "a=b é"), ("source", source.as_str()), (token.as_str(), "x")];
        let report = Report {
            labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            ..Report::default()
        };
        let labels = report.verdict(Digest::of(b""), &[]).labels;
        assert_eq!(labels.get("maintainer").map(String::as_str), Some("a=b é"));
        let shown = labels.get("source").unwrap();
        assert!(
            shown.starts_with("https://ci:ghp_") && shown.ends_with("...@example.org/shop.git")
        );
        assert_eq!(labels.get(&token).map(String::as_str), Some(""));
    }
}
