//! The names under which advisories speak of a package, and the version that
//! they speak of.

use std::borrow::Cow;

use crate::inspect::os::rule::{self, Candidate};
use crate::package::{Ecosystem, Package};
use crate::vulndb::ecosystem::package_name;

/// What to look up in the advisories of `ecosystem`.
pub(super) fn candidates<'p>(ecosystem: &str, package: &'p Package) -> Vec<Candidate<'p>> {
    if package.ecosystem.is_os() {
        return rule::candidates(ecosystem, package);
    }
    vec![Candidate {
        name: normal(package.ecosystem, &package.name),
        version: Cow::Borrowed(&package.version),
    }]
}

/// One spelling of the names that an ecosystem takes for the same.
pub(in crate::report) fn normal(ecosystem: Ecosystem, name: &str) -> Cow<'_, str> {
    package_name(ecosystem.osv(), name)
}
