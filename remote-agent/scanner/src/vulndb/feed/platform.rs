//! Distributions and their releases, as texts and versions tell them.

use crate::vulndb::ecosystem;

/// How distributions call themselves, and the database calls them.
const FAMILIES: [(&str, &str); 16] = [
    ("Red Hat Enterprise Linux ", "Red Hat"),
    ("Red Hat Enterprise Linux Server ", "Red Hat"),
    ("Oracle Linux ", "Oracle Linux"),
    ("AlmaLinux ", "AlmaLinux"),
    ("AlmaLinux OS ", "AlmaLinux"),
    ("Rocky Linux ", "Rocky Linux"),
    ("CentOS Linux ", "Red Hat"),
    ("Amazon Linux ", "Amazon Linux"),
    ("Fedora ", "Fedora"),
    ("Azure Linux ", "Azure Linux"),
    ("CBL-Mariner ", "Azure Linux"),
    ("VMware Photon OS ", "Photon OS"),
    ("Photon OS ", "Photon OS"),
    ("Photon ", "Photon OS"),
    ("Debian GNU/Linux ", "Debian"),
    ("Debian ", "Debian"),
];

/// The database's name of a distribution that a text names: `Red Hat
/// Enterprise Linux 9`, `SUSE Linux Enterprise Server 15 SP5`, `Ubuntu 22.04
/// LTS (jammy)`.
pub(super) fn named_in(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_suffix(" must be installed").unwrap_or(text);
    let text = text.trim_end_matches('.').trim_end_matches(" is installed").trim();
    if let Some(leap) = text.strip_prefix("openSUSE ") {
        return Some(format!("openSUSE:{}", leap.trim()));
    }
    if text.starts_with("SUSE ") {
        return ecosystem::suse(text);
    }
    for (name, family) in FAMILIES {
        let release = text.strip_prefix(name).and_then(|rest| {
            let rest = rest.trim_start_matches("release ");
            rest.starts_with(|c: char| c.is_ascii_digit()).then(|| first_number(rest))
        });
        if let Some(release) = release {
            return Some(ecosystem::named(&format!("{family}:{release}")).key);
        }
    }
    let release = text.strip_prefix("Ubuntu ").map(first_number);
    release.filter(|release| !release.is_empty()).map(|release| format!("Ubuntu:{release}"))
}

/// The database's name of the distribution that built an rpm package, by the
/// tag in its version: `1.2-3.el9_2`, `1.2-3.amzn2023`, `1.2-3.azl3`.
/// `enterprise` names those whose tag is that of Enterprise Linux.
pub(super) fn of_version(version: &str, enterprise: &str) -> Option<String> {
    for part in version.split(['.', '-', '+', '_']).rev() {
        if part
            .strip_prefix("br")
            .is_some_and(|number| number == first_number(number) && !number.is_empty())
        {
            return Some("Bottlerocket".to_owned());
        }
        for (tag, family) in [
            ("amzn", "Amazon Linux"),
            ("azl", "Azure Linux"),
            ("cm", "Azure Linux"),
            ("el", enterprise),
            ("fc", "Fedora"),
        ] {
            let number = part.strip_prefix(tag).map(first_number).unwrap_or_default();
            if !number.is_empty() && !family.is_empty() {
                return Some(format!("{family}:{number}"));
            }
        }
    }
    None
}

fn first_number(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.get(..end).unwrap_or_default().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, expected) in [
            ("Red Hat Enterprise Linux 9 is installed", Some("Red Hat:9")),
            ("Red Hat Enterprise Linux must be installed", None),
            ("Red Hat CoreOS 4 is installed", None),
            ("Oracle Linux 8 is installed", Some("Oracle Linux:8")),
            ("AlmaLinux 9 is installed", Some("AlmaLinux:9")),
            ("SUSE Linux Enterprise Server 15 SP5 is installed", Some("SUSE:15.5")),
            ("SUSE Linux Enterprise Module for Basesystem 15 SP5 is installed", Some("SUSE:15.5")),
            ("SUSE Linux Enterprise Micro 5.5 is installed", Some("SUSE:Micro 5.5")),
            ("openSUSE Leap 15.6 is installed", Some("openSUSE:Leap 15.6")),
            ("openSUSE Tumbleweed is installed", Some("openSUSE:Tumbleweed")),
            ("Ubuntu 22.04 LTS (jammy) is installed.", Some("Ubuntu:22.04")),
            ("CBL-Mariner 2.0", Some("Azure Linux:2")),
            ("Photon 5", Some("Photon OS:5.0")),
            ("Photon 4.0 is installed", Some("Photon OS:4.0")),
            ("Azure Linux 3.0", Some("Azure Linux:3")),
            ("CBL-Mariner", None),
            ("openssl is installed", None),
        ] {
            assert_eq!(named_in(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn versions() {
        for (version, expected) in [
            ("1:3.0.7-6.el9_2", Some("Rocky Linux:9")),
            ("10.19.0-1.module+el8.3.0+6+aaaa", Some("Rocky Linux:8")),
            ("18.1-1.module_el8.9.0+1+aa", Some("Rocky Linux:8")),
            ("2.9.18-1.cm2", Some("Azure Linux:2")),
            ("3.3.0-1.azl3", Some("Azure Linux:3")),
            ("1.0-1.amzn2023.0.1", Some("Amazon Linux:2023")),
            ("1.0.2k-16.amzn2.1.1", Some("Amazon Linux:2")),
            ("2.43-1.1773716061.e2e9d7a9.br1", Some("Bottlerocket")),
            ("1.0-1.fc41", Some("Fedora:41")),
            ("1.0-1", None),
            ("1.0-1.brief", None),
            ("1.0-1.elusive", None),
        ] {
            assert_eq!(of_version(version, "Rocky Linux").as_deref(), expected, "{version}");
        }
    }
}
