//! Whether an advisory speaks of the version of a package.

use crate::inspect::os::rule::{Candidate, compared, is_same_stream};
use crate::inspect::os::{Distribution, red_hat};
use crate::package::{Ecosystem, Package};
use crate::vulndb::Affected;

/// Among processors: the advisory names a source package.
const SOURCE: &str = "src";

/// What Go notes as the version of a module that is built in its repository.
const UNKNOWN: &str = "(devel)";

/// What a package is held against.
#[derive(Clone, Copy)]
pub(super) struct Against<'a> {
    pub(super) ecosystem: &'a str,
    /// None for packages that belong to no distribution.
    pub(super) distribution: Option<&'a Distribution>,
    /// The products of the distribution that are in the image, where it has
    /// such.
    pub(super) products: &'a [String],
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
    if !is_about(package, candidate, affected, against) {
        return None;
    }
    // Before all versions by order, it may be any.
    if package.ecosystem == Ecosystem::Go && candidate.version == UNKNOWN {
        return affected.is_of_all_versions().then(Affection::default);
    }
    let scheme = package.ecosystem.order();
    let order = |left: &str, right: &str| match against.distribution {
        Some(distribution) => {
            let form = |version| compared(distribution, against.ecosystem, version);
            scheme.compare(&form(left), &form(right))
        }
        None => scheme.compare(left, right),
    };
    let fixed = affected.check(&candidate.version, order)?;
    if fixed.is_some_and(|fixed| !comparable(package, fixed))
        || !is_same_stream(package, fixed, &affected.stream)
    {
        return None;
    }
    Some(Affection { fixed: fixed.map(|fixed| shown(package, fixed).to_owned()) })
}

/// Whether an advisory speaks of a package at all, whatever its version.
fn is_about(
    package: &Package,
    candidate: &Candidate<'_>,
    affected: &Affected,
    against: Against<'_>,
) -> bool {
    if package.ecosystem != Ecosystem::Rpm {
        return true;
    }
    let is_for = |cpe: &String| red_hat::is_for(against.products, cpe);
    let products =
        against.products.is_empty() || affected.cpes.is_empty() || affected.cpes.iter().any(is_for);
    let is_source = affected.arches.iter().any(|arch| arch == SOURCE);
    let arches = if is_source {
        candidate.name == package.source
    } else {
        affected.arches.is_empty()
            || matches!(package.arch.as_str(), "" | "noarch")
            || affected.arches.contains(&package.arch)
    };
    products && arches
}

/// A version as the package manager shows it: rpm leaves the epoch 0 out,
/// which most feeds write.
fn shown<'a>(package: &Package, version: &'a str) -> &'a str {
    let plain = version.strip_prefix("0:").filter(|_| package.ecosystem == Ecosystem::Rpm);
    plain.unwrap_or(version)
}

/// Whether a fix belongs to the same line of versions as the package.
fn comparable(package: &Package, fixed: &str) -> bool {
    // Validated builds are repaired by validated builds, and what Oracle
    // patches while it runs, under a higher epoch, by the same.
    let differs = |mark: &&str| package.version.contains(*mark) != fixed.contains(*mark);
    if package.ecosystem.is_os() && ["fips", ".ksplice"].iter().any(differs) {
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
    use crate::vulndb::Range;

    /// Name, processors and products of an advisory, products of the image.
    type Row<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a [String], bool);

    #[test]
    fn processors_products_and_sources() {
        let text = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
        let mut package = Package::new(Ecosystem::Rpm, "openssl-libs", "1:3.0.7-1.el9", "f");
        "openssl".clone_into(&mut package.source);
        "x86_64".clone_into(&mut package.arch);
        let rhel = ["enterprise_linux:9".to_owned()];
        let base = "cpe:/o:redhat:enterprise_linux:9";
        let other = "cpe:/a:redhat:openshift:4.12::el9";
        let table: [Row<'_>; 9] = [
            ("openssl-libs", &[], &[], &rhel, true),
            ("openssl-libs", &["x86_64", "aarch64"], &[], &rhel, true),
            ("openssl-libs", &["aarch64"], &[], &rhel, false),
            ("openssl", &["src"], &[], &rhel, true),
            ("openssl-libs", &["src"], &[], &rhel, false),
            ("openssl-libs", &[], &[base], &rhel, true),
            ("openssl-libs", &[], &[other], &rhel, false),
            ("openssl-libs", &[], &[other, base], &rhel, true),
            ("openssl-libs", &[], &[other], &[], true),
        ];
        for (name, arches, cpes, products, expected) in table {
            let candidate = Candidate { name: name.into(), version: "1:3.0.7-1.el9".into() };
            let affected =
                Affected { arches: text(arches), cpes: text(cpes), ..Affected::default() };
            let against = Against { ecosystem: "Red Hat:9", distribution: None, products };
            assert_eq!(
                is_about(&package, &candidate, &affected, against),
                expected,
                "{name} {arches:?} {cpes:?}"
            );
        }
    }

    #[test]
    fn a_version_that_nobody_knows() {
        let range = |introduced: Option<&str>, fixed: Option<&str>| Range {
            introduced: introduced.map(str::to_owned),
            fixed: fixed.map(str::to_owned),
            ..Range::default()
        };
        let against = Against { ecosystem: "Go", distribution: None, products: &[] };
        for (ranges, unknown, old) in [
            (vec![range(None, Some("0.17.0"))], false, true),
            (vec![range(Some("0.2.0"), None)], false, false),
            (vec![range(None, None)], true, true),
            // As GitHub and GitLab have it.
            (vec![range(Some("0"), None)], true, true),
            (vec![range(Some("v0.0.0"), None)], true, true),
            (vec![range(Some("0"), Some("0.17.0"))], false, true),
            (Vec::new(), false, false),
        ] {
            let affected = Affected { ranges, ..Affected::default() };
            for (version, expected) in [("(devel)", unknown), ("v0.1.0", old)] {
                let package = Package::new(Ecosystem::Go, "k8s.io/client-go", version, "f");
                let candidate =
                    Candidate { name: "k8s.io/client-go".into(), version: version.into() };
                let found = check(&package, &candidate, &affected, against);
                assert_eq!(found.is_some(), expected, "{version} {affected:?}");
            }
        }
    }

    #[test]
    fn the_epoch_0_is_left_out() {
        let rpm = Package::new(Ecosystem::Rpm, "freeglut", "3.2.2-1.azl3", "f");
        assert_eq!(shown(&rpm, "0:3.4.0-1.azl3"), "3.4.0-1.azl3");
        assert_eq!(shown(&rpm, "1:3.4.0-1.azl3"), "1:3.4.0-1.azl3");
    }

    #[test]
    fn lines_of_versions() {
        let table = [
            (Ecosystem::Rpm, "openssl-libs", "1:3.0.7-1.el9", "1:3.0.7-2.el9", true),
            (Ecosystem::Rpm, "gnutls", "3.6.16-4.el8_fips", "3.6.16-5.el8", false),
            (Ecosystem::Rpm, "gnutls", "3.6.16-4.el8_fips", "3.6.16-5.el8_fips", true),
            (Ecosystem::Rpm, "openssl", "1:1.1.1g-12.el8_3", "2:1.1.1g-15.ksplice1.el8_3", false),
            (Ecosystem::Rpm, "openssl", "2:1.1.1g-14.ksplice1.el8_3", "1:1.1.1g-15.el8_3", false),
            (
                Ecosystem::Rpm,
                "openssl",
                "2:1.1.1g-14.ksplice1.el8_3",
                "2:1.1.1g-15.ksplice1.el8_3",
                true,
            ),
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
