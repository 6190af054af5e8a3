//! The pages on which vulnerabilities are told of.
//!
//! The database keeps one page of a vulnerability, which may be that of a
//! distribution: it says nothing of packages from elsewhere.

/// How ecosystems begin whose distributions have a page for each CVE, and
/// what stands before and behind its name there.
const PAGES: [(&str, &str, &str); 6] = [
    ("Debian:", "https://security-tracker.debian.org/tracker/", ""),
    ("Ubuntu:", "https://ubuntu.com/security/", ""),
    ("Alpine:", "https://security.alpinelinux.org/vuln/", ""),
    ("Red Hat:", "https://access.redhat.com/security/cve/", ""),
    ("SUSE", "https://www.suse.com/security/cve/", ".html"),
    ("openSUSE", "https://www.suse.com/security/cve/", ".html"),
];

/// The page of the vulnerability `name` for packages of `ecosystem`, and
/// where there is none any other than that of a distribution.
pub(super) fn best(ecosystem: &str, name: &str, known: &mut Vec<String>) {
    known.retain(|link| !PAGES.iter().any(|(_, page, _)| link.starts_with(page)));
    if !name.starts_with("CVE-") {
        return;
    }
    let own = PAGES.iter().find(|(beginning, ..)| ecosystem.starts_with(beginning));
    if let Some((_, before, behind)) = own {
        known.insert(0, format!("{before}{name}{behind}"));
    } else if known.is_empty() {
        known.push(format!("https://nvd.nist.gov/vuln/detail/{name}"));
    }
}

#[cfg(test)]
mod tests {
    use super::best;

    #[test]
    fn each_package_has_the_page_of_its_own_distribution() {
        let debian = "https://security-tracker.debian.org/tracker/CVE-2024-1";
        let alpine = "https://security.alpinelinux.org/vuln/CVE-2024-1";
        let nvd = "https://nvd.nist.gov/vuln/detail/CVE-2024-1";
        let other = "https://advisory.example/1";
        for (ecosystem, name, known, expected) in [
            ("Debian:12", "CVE-2024-1", vec![alpine], vec![debian]),
            ("Alpine:v3.20", "CVE-2024-1", vec![debian, other], vec![alpine, other]),
            ("PyPI", "CVE-2024-1", vec![alpine], vec![nvd]),
            ("PyPI", "CVE-2024-1", vec![other, alpine], vec![other]),
            ("Debian:12", "GHSA-1", vec![other], vec![other]),
            ("PyPI", "GHSA-1", vec![], vec![]),
        ] {
            let mut links = known.iter().map(|&link| link.to_owned()).collect();
            best(ecosystem, name, &mut links);
            assert_eq!(links, expected, "{ecosystem} {name} {known:?}");
        }
    }
}
