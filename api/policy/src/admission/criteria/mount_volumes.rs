//! `mountVolumes`: folders of the node that the container mounts.

use super::{Definition, set};

pub(super) const DEFINITION: Definition = Definition {
    name: "mountVolumes",
    deny: set::SET,
    allow: set::SET,
    values: &[],
    source: "yaml",
    sub: &[],
    normal: set::normal,
    compile: |criterion| {
        set::strings(criterion, |subject| subject.container.host_paths.iter().cloned().collect())
    },
};
