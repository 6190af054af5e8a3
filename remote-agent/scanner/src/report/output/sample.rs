//! A report that the tests of all forms are about. Names hold what each form
//! must escape.

use chrono::DateTime;
use palisade_api::Digest;

use crate::package::{Ecosystem, LayeredPackage, Package};
use crate::report::finding::{AdvisorySource, Epss, Kev};
use crate::report::severity::{self, Word};
use crate::report::{Cvss, CvssVersion, Finding, Report, ReportLayer, Status};
use crate::scan::FileProblem;

/// The name of the first finding.
pub(in crate::report) const CRITICAL: &str = "CVE-2023-1001";
pub(in crate::report) const TARGET: &str = "registry.example/shop/orders:v1";

pub(in crate::report) fn digest() -> Digest {
    Digest::of(b"manifest")
}

fn packages() -> Vec<Package> {
    let of = |ecosystem, name: &str, version: &str, file: &str| {
        Package::new(ecosystem, name, version, file)
    };
    let system = |name: &str, source: &str, version: &str| Package {
        source: source.to_owned(),
        arch: "amd64".to_owned(),
        ..of(Ecosystem::Dpkg, name, version, "var/lib/dpkg/status")
    };
    vec![
        system("libssl3", "openssl", "3.0.9-1"),
        system("tar", "tar", "1.34+dfsg-1.2"),
        of(Ecosystem::Npm, "lodash", "4.17.4", "app/node_modules/lodash/package.json"),
        of(Ecosystem::Npm, "lodash", "4.17.4", "app/old/node_modules/lodash/package.json"),
        of(Ecosystem::Npm, "@evil/<b>=|\"name'", "1.0.0", "app/a b/<i>&.json"),
        of(Ecosystem::Python, "Jinja2", "2.10", "usr/lib/python3/Jinja2-2.10.dist-info/METADATA"),
        of(Ecosystem::Maven, "org.slf4j:slf4j-api", "1.7.30", "app/app.jar"),
        of(Ecosystem::Go, "golang.org/x/net", "v0.1.0", "usr/bin/tool"),
        of(Ecosystem::Application, "nginx", "1.25.1", "usr/sbin/nginx"),
    ]
}

fn cvss(version: CvssVersion, vector: &str, score: f32) -> Cvss {
    Cvss { version, source: "nvd".to_owned(), vector: vector.to_owned(), score }
}

pub(in crate::report) fn report() -> Report {
    let base = Digest::of(b"base layer");
    let top = Digest::of(b"top layer");
    let layered =
        |(at, package)| LayeredPackage { package, layer: Some(if at < 2 { base } else { top }) };
    let advisory = |id: &str, ecosystem: &str| AdvisorySource {
        id: id.to_owned(),
        ecosystem: ecosystem.to_owned(),
    };
    let critical = Finding {
        name: CRITICAL.to_owned(),
        aliases: vec!["DSA-1-1".to_owned()],
        package: 0,
        rating: severity::rate(
            vec![
                cvss(CvssVersion::V3, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
                cvss(CvssVersion::V2, "AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5),
            ],
            [],
        ),
        feed_rating: "high".to_owned(),
        fixed: vec!["3.0.11-1".to_owned()],
        advisories: vec![advisory("DSA-1-1", "Debian:12")],
        layer: Some(base),
        in_base_image: true,
        description: "Reads <script>alert(1)</script> & more, \"too\" much".to_owned(),
        links: vec!["https://security.example/tracker/CVE-2023-1001?a=1&b=2".to_owned()],
        cwes: vec!["CWE-125".to_owned()],
        published: 1_680_000_000,
        modified: 1_690_000_000,
        epss: Some(Epss { score: 0.943_21, percentile: 0.999 }),
        kev: Some(Kev { added: 1_685_000_000, due: 0, ransomware: false }),
        ..Finding::default()
    };
    let high = Finding {
        name: "CVE-2019-1002".to_owned(),
        aliases: vec!["GHSA-aaaa-bbbb-cccc".to_owned()],
        package: 2,
        rating: severity::rate(
            vec![cvss(CvssVersion::V3, "CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H", 8.1)],
            [],
        ),
        fixed: vec!["4.17.12".to_owned(), "5.0.0".to_owned()],
        advisories: vec![advisory("GHSA-aaaa-bbbb-cccc", "npm")],
        layer: Some(top),
        links: vec!["javascript:alert(1)".to_owned()],
        ..Finding::default()
    };
    let low = Finding {
        name: "CVE-2005-1003".to_owned(),
        package: 1,
        rating: severity::rate(Vec::new(), [Word { source: "Debian:12", word: "low" }]),
        feed_rating: "low".to_owned(),
        status: Status::WillNotFix,
        advisories: vec![advisory("CVE-2005-1003", "Debian:12")],
        layer: Some(base),
        ..Finding::default()
    };
    let unknown = Finding {
        name: "GHSA-dddd-eeee-ffff".to_owned(),
        package: 4,
        status: Status::Unpatched,
        advisories: vec![advisory("GHSA-dddd-eeee-ffff", "npm")],
        layer: Some(top),
        ..Finding::default()
    };
    let mut report = Report {
        digest: Some(digest()),
        image_id: Some(Digest::of(b"configuration")),
        scanned_at: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        cvedb_version: "20231101.000001".to_owned(),
        cvedb_create_time: "2023-11-01T00:00:00Z".to_owned(),
        distribution: crate::report::purl::distribution("debian", "12"),
        supported: true,
        author: "the shop".to_owned(),
        created_at: "2023-10-01T00:00:00Z".to_owned(),
        run_as_root: true,
        layers: vec![
            ReportLayer {
                digest: Some(top),
                command: Some("COPY app /app".to_owned()),
                size: 2_000,
                in_base_image: false,
            },
            ReportLayer { command: Some("USER 0".to_owned()), ..ReportLayer::default() },
            ReportLayer {
                digest: Some(base),
                command: Some("ADD root /".to_owned()),
                size: 1_000,
                in_base_image: true,
            },
        ],
        packages: packages().into_iter().enumerate().map(layered).collect(),
        findings: vec![critical, high, low, unknown],
        problems: vec![FileProblem {
            path: "app/broken.jar".to_owned(),
            reason: "is no archive".to_owned(),
        }],
        ..Report::default()
    };
    report.count();
    report
}
