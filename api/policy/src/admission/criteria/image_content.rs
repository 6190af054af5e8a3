//! Criteria that are true or false by what a scan found in the image. One that was never
//! scanned counts as an image in which nothing was found.

use super::{Definition, flag};

/// Whether secrets, or files that run as their owner or group, were found.
pub(super) const COMPLIANCE: Definition =
    Definition::truth("imageCompliance", "image", &["="], |criterion| {
        flag(criterion, |subject| {
            subject.scanned.is_some_and(|scanned| {
                let verdict = scanned.verdict();
                verdict.secrets > 0 || verdict.set_ids > 0
            })
        })
    });

/// Whether no operating system was recognised.
pub(super) const NO_OS: Definition = Definition::truth("imageNoOS", "image", &[], |criterion| {
    flag(criterion, |subject| {
        subject.scanned.is_none_or(|scanned| scanned.verdict().base_os.is_empty())
    })
});
