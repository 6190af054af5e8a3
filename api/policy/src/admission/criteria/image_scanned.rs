//! `imageScanned`: whether a scan of the image is known.

use super::{Definition, flag, truth};

pub(super) const DEFINITION: Definition = Definition {
    name: "imageScanned",
    deny: &["="],
    allow: &["="],
    values: &["true", "false"],
    source: "image",
    sub: &[],
    normal: truth,
    compile: |criterion| flag(criterion, |subject| subject.scanned.is_some()),
};
