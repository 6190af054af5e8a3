//! `annotations`: annotations of the object and of its pods, `key` or `key=value`.

use super::{Definition, set};

pub(super) const DEFINITION: Definition = Definition {
    name: "annotations",
    deny: set::SET,
    allow: set::SET,
    values: &[],
    source: "yaml",
    sub: &[],
    normal: set::normal,
    compile: |criterion| {
        set::pairs(criterion, |subject| {
            let annotations = &subject.workload.annotations;
            annotations.iter().map(|(key, value)| format!("{key}={value}")).collect()
        })
    },
};
