//! The names under which advisories speak of a package.

use std::borrow::Cow;

use crate::package::{Ecosystem, Package};
use crate::vulndb::ecosystem::package_name;

/// The names to look up, in the spelling of the ecosystem's advisories.
pub(super) fn names(package: &Package) -> Vec<Cow<'_, str>> {
    match package.ecosystem {
        // Advisories of dpkg's distributions speak of source packages.
        Ecosystem::Dpkg => vec![Cow::Borrowed(package.source.as_str())],
        // Those of the others speak of what is built, of what it is built
        // from, or of both. A source has the version of what is built of it.
        Ecosystem::Apk | Ecosystem::Rpm if package.source != package.name => {
            vec![Cow::Borrowed(package.source.as_str()), Cow::Borrowed(package.name.as_str())]
        }
        ecosystem => vec![normal(ecosystem, &package.name)],
    }
}

/// One spelling of the names that an ecosystem takes for the same.
pub(in crate::report) fn normal(ecosystem: Ecosystem, name: &str) -> Cow<'_, str> {
    package_name(ecosystem.osv(), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_systems_go_by_their_source() {
        let package = |ecosystem| Package {
            source: "openssl".to_owned(),
            ..Package::new(ecosystem, "libssl3", "1", "f")
        };
        assert_eq!(names(&package(Ecosystem::Dpkg)), ["openssl"]);
        assert_eq!(names(&package(Ecosystem::Rpm)), ["openssl", "libssl3"]);
    }
}
