//! How the advisories of distributions speak of packages. What they call the
//! distributions themselves stands in [`crate::vulndb::ecosystem`].

/// What an advisory calls a package of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// The package it was built from, in the version of that.
    Source,
    /// What is installed, in its own version.
    Binary,
    /// Either: feeds of the same distribution differ.
    Both,
}

/// The part of an ecosystem's name before the first colon, what its
/// advisories call packages, and whether their versions have no epoch that
/// could be compared.
const ECOSYSTEMS: [(&str, Naming, bool); 24] = [
    ("Debian", Naming::Source, false),
    ("Ubuntu", Naming::Source, false),
    ("Echo", Naming::Source, false),
    ("Alpine", Naming::Source, false),
    ("Alpaquita", Naming::Source, false),
    ("BellSoft Hardened Containers", Naming::Source, false),
    ("CleanStart", Naming::Source, false),
    ("Wolfi", Naming::Source, false),
    ("Chainguard", Naming::Source, false),
    ("MinimOS", Naming::Source, false),
    ("Red Hat", Naming::Binary, false),
    ("AlmaLinux", Naming::Binary, false),
    ("Rocky Linux", Naming::Both, false),
    ("Oracle Linux", Naming::Binary, false),
    ("Amazon Linux", Naming::Binary, true),
    ("Fedora", Naming::Both, false),
    ("SUSE", Naming::Both, false),
    ("openSUSE", Naming::Both, false),
    ("openEuler", Naming::Both, false),
    ("Photon OS", Naming::Source, true),
    ("Azure Linux", Naming::Source, true),
    ("Bottlerocket", Naming::Binary, true),
    ("Mageia", Naming::Source, true),
    ("Arch Linux", Naming::Both, false),
];

/// What the advisories of `ecosystem` call packages.
pub fn naming(ecosystem: &str) -> Naming {
    entry(ecosystem).map_or(Naming::Both, |(_, naming, _)| *naming)
}

/// Whether versions of `ecosystem` are compared without their epochs.
pub fn ignores_epoch(ecosystem: &str) -> bool {
    entry(ecosystem).is_some_and(|(_, _, ignores)| *ignores)
}

fn entry(ecosystem: &str) -> Option<&'static (&'static str, Naming, bool)> {
    let family = ecosystem.split_once(':').map_or(ecosystem, |(family, _)| family);
    ECOSYSTEMS.iter().find(|(name, _, _)| *name == family)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::os::Distribution;

    /// Whatever a distribution is looked up by has a place in the table.
    #[test]
    fn every_distribution_is_known() {
        for (id, version, expected) in [
            ("debian", "12.4", Naming::Source),
            ("ubuntu", "22.04", Naming::Source),
            ("echo", "1", Naming::Source),
            ("alpine", "3.18.4", Naming::Source),
            ("wolfi", "20230201", Naming::Source),
            ("chainguard", "20230214", Naming::Source),
            ("minimos", "1", Naming::Source),
            ("cleanstart", "1", Naming::Source),
            ("alpaquita", "23", Naming::Source),
            ("bellsoft-hardened-containers", "23", Naming::Source),
            ("rhel", "9.4", Naming::Binary),
            ("rhcos", "9.4", Naming::Binary),
            ("centos", "7", Naming::Binary),
            ("centos-stream", "9", Naming::Binary),
            ("rocky", "9.3", Naming::Both),
            ("almalinux", "9.3", Naming::Binary),
            ("ol", "8.9", Naming::Binary),
            ("amzn", "2018.03", Naming::Binary),
            ("fedora", "40", Naming::Both),
            ("sles", "15.5", Naming::Both),
            ("sled", "15.5", Naming::Both),
            ("sle_hpc", "15.5", Naming::Both),
            ("sl-micro", "6.0", Naming::Both),
            ("suse-liberty", "8.9", Naming::Both),
            ("opensuse-leap", "15.5", Naming::Both),
            ("opensuse-tumbleweed", "20240101", Naming::Both),
            ("opensuse-microos", "20240101", Naming::Both),
            ("photon", "4.0", Naming::Source),
            ("mariner", "2.0", Naming::Source),
            ("azurelinux", "3.0", Naming::Source),
            ("bottlerocket", "1.19.2", Naming::Binary),
            ("openeuler", "22.03-LTS-SP3", Naming::Both),
            ("mageia", "9", Naming::Source),
            ("arch", "rolling", Naming::Both),
        ] {
            let names = Distribution::new(id, version).ecosystems();
            assert!(!names.is_empty(), "{id}");
            for name in names {
                assert!(entry(&name).is_some(), "{name}");
                assert_eq!(naming(&name), expected, "{name}");
            }
        }
        assert!(Distribution::new("nixos", "24.05").ecosystems().is_empty());
    }
}
