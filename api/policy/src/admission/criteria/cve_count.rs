//! Criteria that count vulnerabilities of the image by severity, all or only
//! those with a fix, of any age or published at least `publishDays` ago.

use palisade_api::rest::admission::AdmissionCriterion;
use palisade_api::scan::{Severity, VerdictCve};

use super::{Definition, Met, Subject, Test, number, parsed};

const SECONDS_A_DAY: i64 = 86_400;

/// Which vulnerabilities are counted.
#[derive(Clone, Copy)]
struct Counted {
    severities: &'static [Severity],
    only_fixed: bool,
}

const fn definition(
    name: &'static str,
    compile: fn(&AdmissionCriterion) -> Result<Test, String>,
) -> Definition {
    Definition {
        name,
        deny: &[">="],
        allow: &[">=", "<="],
        values: &[],
        source: "image",
        sub: &[("publishDays", &[">="])],
        normal: number,
        compile,
    }
}

pub(super) const CRITICAL: Definition = definition("cveCriticalCount", |criterion| {
    count(criterion, Counted { severities: &[Severity::Critical], only_fixed: false })
});

pub(super) const CRITICAL_WITH_FIX: Definition =
    definition("cveCriticalWithFixCount", |criterion| {
        count(criterion, Counted { severities: &[Severity::Critical], only_fixed: true })
    });

pub(super) const HIGH: Definition = definition("cveHighCount", |criterion| {
    let severities = &[Severity::Critical, Severity::High];
    count(criterion, Counted { severities, only_fixed: false })
});

pub(super) const HIGH_NO_CRITICAL: Definition = definition("cveHighCountNoCritical", |criterion| {
    count(criterion, Counted { severities: &[Severity::High], only_fixed: false })
});

pub(super) const HIGH_WITH_FIX: Definition = definition("cveHighWithFixCount", |criterion| {
    let severities = &[Severity::Critical, Severity::High];
    count(criterion, Counted { severities, only_fixed: true })
});

pub(super) const HIGH_WITH_FIX_NO_CRITICAL: Definition =
    definition("cveHighWithFixCountNoCritical", |criterion| {
        count(criterion, Counted { severities: &[Severity::High], only_fixed: true })
    });

pub(super) const MEDIUM: Definition = definition("cveMediumCount", |criterion| {
    count(criterion, Counted { severities: &[Severity::Medium], only_fixed: false })
});

fn count(criterion: &AdmissionCriterion, counted: Counted) -> Result<Test, String> {
    let threshold = parsed(&criterion.value)?;
    let at_least = criterion.op == ">=";
    let mut days: Option<i64> = None;
    for sub in &criterion.sub_criteria {
        days = Some(days.unwrap_or(0).max(parsed(&sub.value)? as i64));
    }
    Ok(Test::new(move |subject| {
        let Some(scanned) = subject.scanned else { return Met::No };
        let counts = scanned.counts();
        let all: u32 = counted
            .severities
            .iter()
            .filter_map(|severity| counts.get(*severity as usize))
            .map(|count| if counted.only_fixed { count.fixed } else { count.all })
            .sum();
        if at_least && f64::from(all) < threshold {
            return Met::No;
        }
        if days.is_none() && !at_least {
            return Met::from(f64::from(all) <= threshold);
        }
        let cves = selected(subject, counted, days);
        let number = cves.len() as f64;
        if !at_least {
            return Met::from(number <= threshold);
        }
        if number < threshold {
            return Met::No;
        }
        Met::By(cves.into_iter().map(|cve| cve.name.clone()).collect())
    }))
}

/// The vulnerabilities that are counted, worst first.
fn selected<'a>(subject: &Subject<'a>, counted: Counted, days: Option<i64>) -> Vec<&'a VerdictCve> {
    let newest = days.map(|days| subject.now.timestamp() - days.saturating_mul(SECONDS_A_DAY));
    let cves = subject.scanned.map(|scanned| scanned.verdict().cves.as_slice());
    let mut selected: Vec<&VerdictCve> = cves
        .unwrap_or_default()
        .iter()
        .filter(|cve| counted.severities.contains(&cve.severity()))
        .filter(|cve| cve.fixed || !counted.only_fixed)
        // What has no date is as old as can be: it must not hide.
        .filter(|cve| newest.is_none_or(|newest| cve.published <= newest))
        .collect();
    selected.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then(b.score.total_cmp(&a.score))
            .then_with(|| a.name.cmp(&b.name))
    });
    selected
}
