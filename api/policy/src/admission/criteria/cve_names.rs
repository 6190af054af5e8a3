//! `cveNames`: names of vulnerabilities of the image, in upper case.

use super::{Definition, Met, Test, set};

pub(super) const DEFINITION: Definition = Definition {
    name: "cveNames",
    deny: set::SET,
    allow: set::SET,
    values: &[],
    source: "image",
    sub: &[],
    normal: |text| Ok(set::normal(text)?.to_ascii_uppercase()),
    compile: |criterion| {
        let test = set::strings(criterion, |subject| {
            let cves = subject.scanned.map(|scanned| scanned.verdict().cves.as_slice());
            cves.unwrap_or_default().iter().map(|cve| cve.name.to_ascii_uppercase()).collect()
        })?;
        let wanted: Vec<crate::pattern::Wildcard> =
            set::values(&criterion.value).into_iter().map(crate::pattern::Wildcard::new).collect();
        let shows = matches!(criterion.op.as_str(), "containsAll" | "containsAny");
        Ok(Test::new(move |subject| match (test.met(subject), subject.scanned) {
            (Met::Yes, Some(scanned)) if shows => Met::By(
                scanned
                    .verdict()
                    .cves
                    .iter()
                    .filter(|cve| wanted.iter().any(|name| name.is_match(&cve.name)))
                    .map(|cve| cve.name.clone())
                    .collect(),
            ),
            (met, _) => met,
        }))
    },
};
