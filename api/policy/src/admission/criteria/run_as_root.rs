//! `runAsRoot`: the container runs as user 0, or says nothing and its image
//! runs as root.

use super::{Definition, Subject, flag};

pub(super) const DEFINITION: Definition =
    Definition::truth("runAsRoot", "both", &["="], |criterion| flag(criterion, is_root));

pub(super) fn is_root(subject: &Subject<'_>) -> bool {
    match subject.container.run_as_user {
        Some(user) => user == 0,
        None => subject.scanned.is_some_and(|scanned| scanned.verdict().run_as_root),
    }
}
