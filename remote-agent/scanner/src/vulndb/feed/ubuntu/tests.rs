use super::*;

const RECORD: &str = "\
Candidate: CVE-2024-1
PublicDate: 2024-01-02 03:04:05 UTC
References:
 https://example.org/1
Description:
 Reads too
 much.
Notes:
 someone> a remark: with a colon
Priority: medium
Priority_curl: low
CVSS:
 nvd: CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H [7.8 HIGH]

Patches_openssl:
 upstream: https://example.org/patch
upstream_openssl: released (3.0.1)
trusty_openssl: ignored (end of standard support)
trusty/esm_openssl: released (1.0.1f-1ubuntu2.27+esm9)
xenial_openssl: ignored (end of standard support, was needed)
esm-infra/xenial_openssl: needed
bionic_openssl: released (1.1.1-1ubuntu2.1~18.04.23)
esm-infra/bionic_openssl: not-affected (1.1.1-1ubuntu2.1~18.04.23)
focal_openssl: not-affected (code not present)
jammy_openssl: needs-triage
jammy_curl: deferred (2024-02-01)
lunar_openssl: DNE
mantic_openssl: pending (3.0.10-1ubuntu2.2)
mantic_curl: ignored (end of life)
fips/focal_openssl: needed
devel_openssl: needed
kinetic_openssl: released
";

#[test]
fn standings_of_every_suite() {
    let record = record::parse(RECORD);
    let advisory = advisory(&record);
    assert_eq!(advisory.names, ["CVE-2024-1"]);
    assert_eq!(advisory.description, "Reads too\nmuch.");
    assert_eq!(advisory.references, ["https://example.org/1"]);
    assert_eq!(advisory.published, 1_704_164_645);
    assert_eq!(advisory.rating, "medium");
    assert_eq!(advisory.scores.len(), 1);
    let told: Vec<_> = advisory
        .statements
        .iter()
        .map(|statement| {
            let fixed = statement.ranges.first().and_then(|range| range.fixed.as_deref());
            let release = statement.ecosystem.trim_start_matches("Ubuntu:");
            (release, statement.package.as_str(), statement.status, fixed.unwrap_or_default())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("14.04", "openssl", Status::Affected, "1.0.1f-1ubuntu2.27+esm9"),
            ("16.04", "openssl", Status::Affected, ""),
            ("18.04", "openssl", Status::Affected, "1.1.1-1ubuntu2.1~18.04.23"),
            ("20.04", "openssl", Status::NotAffected, ""),
            ("22.04", "curl", Status::Deferred, ""),
            ("22.04", "openssl", Status::UnderInvestigation, ""),
            ("23.10", "curl", Status::WillNotFix, ""),
            ("23.10", "openssl", Status::Affected, ""),
        ]
    );
    let ratings: Vec<&str> = advisory.statements.iter().map(|s| s.rating.as_str()).collect();
    assert_eq!(ratings.iter().filter(|rating| **rating == "low").count(), 2);
}

#[test]
fn files_of_a_checkout() {
    for (name, expected) in [
        ("active/CVE-2024-1", true),
        ("CVE-2024-1", true),
        ("tracker.jsonl", true),
        ("README.md", false),
        ("scripts/cve_lib.py", false),
    ] {
        assert_eq!(accepts(name), expected, "{name}");
    }
}

/// A package may have its own in one release.
#[test]
fn priorities_of_packages_and_releases() {
    let record = record::parse(
        "Candidate: CVE-2024-1\nPriority: medium\nPriority_curl: low\nPriority_curl_jammy: high\n\
        Priority_vim_xenial: negligible\njammy_curl: needed\nnoble_curl: needed\njammy_vim: needed\n\
        esm-infra/xenial_vim: needed\n",
    );
    let advisory = advisory(&record);
    let told: Vec<_> = advisory
        .statements
        .iter()
        .map(|told| (told.ecosystem.as_str(), told.package.as_str(), told.rating.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("Ubuntu:16.04", "vim", "negligible"),
            ("Ubuntu:22.04", "curl", "high"),
            ("Ubuntu:22.04", "vim", ""),
            ("Ubuntu:24.04", "curl", "low"),
        ]
    );
}
