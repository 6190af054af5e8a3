//! `labels`: labels of the image, the object and its pods, `key` or `key=value`.

use super::{Definition, set};

pub(super) const DEFINITION: Definition = Definition {
    name: "labels",
    deny: set::SET,
    allow: set::SET,
    values: &[],
    source: "both",
    sub: &[],
    normal: set::normal,
    compile: |criterion| {
        set::pairs(criterion, |subject| {
            let image = subject.scanned.map(|scanned| &scanned.verdict().labels);
            let mut labels = image.cloned().unwrap_or_default();
            labels.extend(subject.workload.labels.clone());
            labels.iter().map(|(key, value)| format!("{key}={value}")).collect()
        })
    },
};
