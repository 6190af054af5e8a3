//! `imageScanned`: whether a scan of the image is known.

use super::{Definition, flag};

pub(super) const DEFINITION: Definition =
    Definition::truth("imageScanned", "image", &["="], |criterion| {
        flag(criterion, |subject| subject.scanned.is_some())
    });
