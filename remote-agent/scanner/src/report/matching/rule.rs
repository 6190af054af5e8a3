//! Whether an advisory speaks of the version of a package.

use crate::inspect::os::Distribution;
use crate::inspect::os::rule::{Candidate, compared, is_same_stream};
use crate::package::{Ecosystem, Package};
use crate::vulndb::Affected;

/// What a package is held against.
#[derive(Clone, Copy)]
pub(super) struct Against<'a> {
    pub(super) ecosystem: &'a str,
    /// None for packages that belong to no distribution.
    pub(super) distribution: Option<&'a Distribution>,
}

/// What an advisory tells of an affected version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Affection {
    /// The version that repairs it; none where there is none.
    pub(super) fixed: Option<String>,
}

/// None when the version is not affected.
pub(super) fn check(
    package: &Package,
    candidate: &Candidate<'_>,
    affected: &Affected,
    against: Against<'_>,
) -> Option<Affection> {
    let scheme = package.ecosystem.order();
    let order = |left: &str, right: &str| match against.distribution {
        Some(distribution) => {
            let form = |version| compared(distribution, against.ecosystem, version);
            scheme.compare(&form(left), &form(right))
        }
        None => scheme.compare(left, right),
    };
    let fixed = affected.check(&candidate.version, order)?;
    if fixed.is_some_and(|fixed| !comparable(package, fixed)) || !is_same_stream(package, fixed, "")
    {
        return None;
    }
    Some(Affection { fixed: fixed.map(str::to_owned) })
}

/// Whether a fix belongs to the same line of versions as the package.
fn comparable(package: &Package, fixed: &str) -> bool {
    // Validated builds are repaired by validated builds.
    let is_fips = |version: &str| version.contains("fips");
    if package.ecosystem.is_os() && is_fips(&package.version) != is_fips(fixed) {
        return false;
    }
    // OpenSSL keeps several main versions alive under one name.
    let alone = matches!(package.ecosystem, Ecosystem::Apk | Ecosystem::Application);
    if alone && package.source == "openssl" {
        let main = |version: &str| version.chars().find(char::is_ascii_digit);
        return main(&package.version) == main(fixed);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_versions() {
        let table = [
            (Ecosystem::Rpm, "openssl-libs", "1:3.0.7-1.el9", "1:3.0.7-2.el9", true),
            (Ecosystem::Rpm, "gnutls", "3.6.16-4.el8_fips", "3.6.16-5.el8", false),
            (Ecosystem::Rpm, "gnutls", "3.6.16-4.el8_fips", "3.6.16-5.el8_fips", true),
            (Ecosystem::Dpkg, "openssl", "3.0.2-0ubuntu1", "3.0.2-0ubuntu1+Fips1", true),
            (Ecosystem::Dpkg, "openssl", "3.0.2-0ubuntu1", "3.0.2-0ubuntu1+fips1", false),
            (Ecosystem::Apk, "openssl", "1.1.1t-r0", "3.0.8-r0", false),
            (Ecosystem::Apk, "openssl", "3.0.7-r0", "3.0.8-r0", true),
            (Ecosystem::Application, "openssl", "1.1.1t", "3.0.8", false),
            (Ecosystem::Npm, "openssl", "1.0.0", "2.0.0", true),
        ];
        for (ecosystem, name, version, fixed, expected) in table {
            let package = Package::new(ecosystem, name, version, "f");
            assert_eq!(comparable(&package, fixed), expected, "{name} {version} {fixed}");
        }
    }
}
