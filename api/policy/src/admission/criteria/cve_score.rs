//! `cveScoreCount`: at least `count` vulnerabilities with at least this score.

use super::{Definition, Met, Test, number, parsed};

pub(super) const DEFINITION: Definition = Definition {
    name: "cveScoreCount",
    deny: &[">="],
    allow: &[],
    values: &[],
    source: "image",
    sub: &[("count", &[">="])],
    normal: number,
    compile: |criterion| {
        let score = parsed(&criterion.value)?;
        let mut count = 1.0_f64;
        for sub in &criterion.sub_criteria {
            count = count.max(parsed(&sub.value)?);
        }
        Ok(Test::new(move |subject| {
            let Some(scanned) = subject.scanned else { return Met::No };
            let mut met: Vec<_> = scanned
                .verdict()
                .cves
                .iter()
                // Scores have one decimal; compared in tenths, 7.0 is 7.
                .filter(|cve| (cve.score * 10.0).round() >= (score * 10.0) as f32)
                .collect();
            if (met.len() as f64) < count {
                return Met::No;
            }
            met.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.name.cmp(&b.name)));
            Met::By(met.into_iter().map(|cve| cve.name.clone()).collect())
        }))
    },
};
