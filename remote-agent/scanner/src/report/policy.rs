//! What counts, and when a result is bad enough to fail a build.

use chrono::{DateTime, Utc};
use palisade_policy::vulnerability_profile::{Candidate, Place, VulnerabilityProfile};

use super::finding::{Acceptance, Finding, Suppressed, Suppression};
use super::severity::Severity;
use super::vex::{Subject, VexDocuments};
use super::{Counts, Report};

impl Report {
    /// Marks what the vulnerability profile accepts at one of `places` at the
    /// time `now`; it no longer counts.
    pub fn accept(
        &mut self,
        profile: &VulnerabilityProfile,
        places: &[Place<'_>],
        now: DateTime<Utc>,
    ) {
        let accepted = profile.at(places);
        let now = now.timestamp();
        for finding in &mut self.findings {
            let candidate = Candidate {
                name: &finding.name,
                published: finding.published,
                has_fix: !finding.fixed.is_empty(),
            };
            finding.accepted = accepted
                .by(candidate, now)
                .map(|by| Acceptance { entry: by.id, comment: by.comment.to_owned() });
        }
        self.count();
    }

    /// Notes on every finding what the documents say of it in the image of
    /// these names. What does not suffer from its vulnerability no longer
    /// counts.
    pub fn apply_vex(&mut self, documents: &VexDocuments, names: &[&str]) {
        if documents.is_empty() {
            return;
        }
        let subject = Subject::new(self, names);
        for finding in &mut self.findings {
            let package = self.packages.get(finding.package as usize);
            finding.vex = documents.judge(finding, package.map(|p| &p.package), &subject);
        }
        self.suppress(|finding| {
            let away = finding.vex.as_ref().is_some_and(|note| note.state.suppresses());
            away.then_some(Suppression::Vex)
        });
    }

    /// Sets aside what `ignored` names.
    pub fn ignore(&mut self, ignored: &[Ignored]) {
        let now = self.scanned_at.date_naive();
        self.suppress(|finding| {
            let by = ignored.iter().find(|ignored| {
                finding.is_named(&ignored.name) && ignored.until.is_none_or(|until| now <= until)
            })?;
            Some(Suppression::Ignored(by.reason.clone()))
        });
    }

    /// Sets aside what nothing repairs.
    pub fn ignore_unfixed(&mut self) {
        self.suppress(|finding| (!finding.has_fix()).then_some(Suppression::Unfixed));
    }

    fn suppress(&mut self, why: impl Fn(&Finding) -> Option<Suppression>) {
        let findings = std::mem::take(&mut self.findings);
        for finding in findings {
            match why(&finding) {
                Some(reason) => self.suppressed.push(Suppressed { finding, reason }),
                None => self.findings.push(finding),
            }
        }
        self.count();
    }
}

/// A vulnerability that somebody decided to ignore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its name, or one of its aliases.
    pub name: String,
    /// The last day on which it is ignored.
    pub until: Option<chrono::NaiveDate>,
    /// Why, or where it was said.
    pub reason: String,
}

impl Ignored {
    /// Reads a list: one name a line, optionally `exp:2026-12-31` after it;
    /// what follows `#` is a comment, and the reason where it stands behind a
    /// name. The error names the line.
    pub fn list(text: &str, origin: &str) -> Result<Vec<Self>, String> {
        let mut list = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let (entry, comment) = line.split_once('#').unwrap_or((line, ""));
            let mut words = entry.split_whitespace();
            let Some(name) = words.next() else { continue };
            let wrong = |what: String| format!("{origin}, line {}: {what}", at + 1);
            let mut ignored = Self {
                name: name.to_owned(),
                until: None,
                reason: match comment.trim() {
                    "" => origin.to_owned(),
                    comment => format!("{origin}: {comment}"),
                },
            };
            for word in words {
                let date = word
                    .strip_prefix("exp:")
                    .ok_or_else(|| wrong(format!("{word:?} is neither exp:DATE nor a comment")))?;
                ignored.until =
                    Some(date.parse().map_err(|_| {
                        wrong(format!("{date:?} is no date of the form 2026-12-31"))
                    })?);
            }
            list.push(ignored);
        }
        Ok(list)
    }
}

/// When a result is bad enough to fail a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// Any vulnerability from this severity on.
    pub fail_on: Option<Severity>,
    /// More critical ones than this.
    pub max_critical: Option<u32>,
    /// More high ones than this.
    pub max_high: Option<u32>,
    /// More high and critical ones together than this.
    pub max_high_or_critical: Option<u32>,
    /// More medium ones than this.
    pub max_medium: Option<u32>,
    /// Any vulnerability of one of these names, whatever its severity.
    pub names: Vec<String>,
    /// Any file that is known malware.
    pub malware: bool,
}

impl Gate {
    /// Why the result is too bad; empty when it is not.
    pub fn violations(&self, report: &Report) -> Vec<String> {
        let Counts { critical, high, medium, .. } = report.counts;
        let mut violations = Vec::new();
        let counted = || report.findings.iter().filter(|finding| finding.accepted.is_none());
        if let Some(worst) = self.fail_on {
            let bad = counted().filter(|finding| finding.severity() >= Some(worst)).count();
            if bad > 0 {
                violations.push(format!(
                    "{bad} {} of severity {} or worse",
                    vulnerabilities(bad as i64),
                    worst.text()
                ));
            }
        }
        let limits = [
            ("critical", critical, self.max_critical),
            ("high", high, self.max_high),
            ("high or critical", high + critical, self.max_high_or_critical),
            ("medium", medium, self.max_medium),
        ];
        for (severity, count, limit) in limits {
            if let Some(limit) = limit
                && count > i64::from(limit)
            {
                violations.push(format!(
                    "{count} {severity} {}, more than {limit}",
                    vulnerabilities(count)
                ));
            }
        }
        for name in &self.names {
            if counted().any(|finding| finding.is_named(name)) {
                violations.push(format!("{name} is there"));
            }
        }
        if self.malware && !report.malware.is_empty() {
            let files = report.malware.len();
            let are = if files == 1 { "file is" } else { "files are" };
            violations.push(format!("{files} {are} known malware"));
        }
        violations
    }
}

const fn vulnerabilities(count: i64) -> &'static str {
    if count == 1 { "vulnerability" } else { "vulnerabilities" }
}

#[cfg(test)]
mod tests {
    use super::super::output::sample;
    use super::*;

    #[test]
    fn lists_of_what_is_ignored() {
        let text = "# all\nCVE-2024-1\n\n CVE-2024-2 exp:2025-06-01 # not reachable\n";
        let list = Ignored::list(text, "ignore.txt").unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!(list[0].reason, "ignore.txt");
        assert_eq!(list[1].until, chrono::NaiveDate::from_ymd_opt(2025, 6, 1));
        assert_eq!(list[1].reason, "ignore.txt: not reachable");
        for (text, place) in
            [("CVE-1\nCVE-2 later", "line 2"), ("CVE-1 exp:tomorrow", "2026-12-31")]
        {
            let error = Ignored::list(text, "ignore.txt").unwrap_err();
            assert!(error.contains(place), "{error}");
        }
    }

    #[test]
    fn what_is_set_aside_is_kept_with_the_reason() {
        let mut report = sample::report();
        let (before, name) = (report.findings.len(), report.findings[0].aliases[0].clone());
        let ignored = |until| Ignored { name: name.to_lowercase(), until, reason: "r".to_owned() };
        report.ignore(&[ignored(chrono::NaiveDate::from_ymd_opt(2001, 1, 1))]);
        assert_eq!(report.findings.len(), before, "it has expired");
        report.ignore(&[ignored(None)]);
        assert_eq!((report.findings.len(), report.suppressed.len()), (before - 1, 1));
        assert_eq!(report.suppressed[0].reason, Suppression::Ignored("r".to_owned()));
        assert_eq!(report.counts.total() as usize, before - 1);
        report.ignore_unfixed();
        assert!(report.findings.iter().all(Finding::has_fix));
    }

    #[test]
    fn gates() {
        let report = sample::report();
        // One critical, one high, one low, one that nobody rated.
        assert!(Gate::default().violations(&report).is_empty());
        let count = |gate: Gate| gate.violations(&report).len();
        for (fail_on, expected) in [(Severity::Critical, 1), (Severity::Low, 1)] {
            assert_eq!(count(Gate { fail_on: Some(fail_on), ..Gate::default() }), expected);
        }
        assert_eq!(count(Gate { max_high: Some(0), ..Gate::default() }), 1);
        assert_eq!(count(Gate { max_high: Some(1), ..Gate::default() }), 0);
        assert_eq!(
            count(Gate { max_critical: Some(0), max_medium: Some(0), ..Gate::default() }),
            1
        );
        assert_eq!(count(Gate { malware: true, ..Gate::default() }), 0);
        let named = |name: &str| Gate { names: vec![name.to_owned()], ..Gate::default() };
        assert_eq!(count(named(&report.findings[0].aliases[0])), 1);
        assert_eq!(count(named("CVE-1999-1")), 0);
    }
}
