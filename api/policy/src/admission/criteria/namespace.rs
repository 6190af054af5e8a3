//! `namespace`: the namespace of the workload.

use super::{Definition, set};

pub(super) const DEFINITION: Definition = Definition {
    name: "namespace",
    deny: set::ANY,
    allow: set::ANY,
    values: &[],
    source: "yaml",
    sub: &[],
    normal: set::normal,
    compile: |criterion| {
        set::strings(criterion, |subject| vec![subject.workload.namespace.clone()])
    },
};
