//! Findings in rows: written once, and only what changes.

use chrono::Utc;
use palisade_api::Digest;
use palisade_primary::store::Database;
use palisade_primary::store::finding::{
    self, KnownVulnerability, PackageKey, Rating, ReportFindings, VulnerablePackage,
};
use palisade_primary::store::report::{self, MatchResult, NewReport, UsedDatabase};
use sqlx::Row as _;

use crate::server::TestDatabase;

const FIRST: &[u8] = b"the first database";
const SECOND: &[u8] = b"the second database";

fn rating(severity: i16) -> Rating {
    Rating { severity, score_v3: f32::from(severity), ..Rating::default() }
}

fn package(vulnerability: &str, version: &str, severity: i16) -> VulnerablePackage {
    VulnerablePackage {
        key: PackageKey {
            vulnerability: vulnerability.to_owned(),
            package_name: "openssl".to_owned(),
            package_version: version.to_owned(),
            source: "debian:12".to_owned(),
        },
        rating: rating(severity),
        status: "fix exists",
        fixed_version: "3.0.11-1".to_owned(),
    }
}

/// Stores a report without findings and gives its id.
async fn stored_report(database: &Database, image: &[u8]) -> i32 {
    let new = NewReport {
        digest: Digest::of(image),
        summary: "{}",
        image_id: "",
        base_os: "debian:12",
        size: 0,
        signatures: None,
        findings_only: true,
        result: MatchResult {
            scanned_at: Utc::now(),
            vulndb: UsedDatabase {
                digest: Digest::of(FIRST),
                built_at: Utc::now(),
                version: "1.0",
                create_time: "",
            },
            counts: [0; 5],
            body: None,
            body_digest: Digest::of(b""),
            findings_digest: Digest::of(b""),
            verdict: None,
        },
    };
    let mut conn = database.acquire().await.unwrap();
    report::put(&mut conn, &new).await.unwrap().id
}

/// Tells the packages and makes them the findings of the reports.
async fn write(database: &Database, vulndb: &[u8], of: &[(i32, &[VulnerablePackage])]) -> u64 {
    let mut tx = database.begin().await.unwrap();
    finding::lock(&mut tx).await.unwrap();
    let mut told = 0;
    let mut new = ReportFindings::default();
    for (report, packages) in of {
        let known = packages.iter().map(|package| KnownVulnerability {
            name: package.key.vulnerability.clone(),
            rating: package.rating.clone(),
            ..KnownVulnerability::default()
        });
        let mut known: Vec<KnownVulnerability> = known.collect();
        known.dedup_by(|left, right| left.name == right.name);
        finding::tell_vulnerabilities(&mut tx, Digest::of(vulndb), &known).await.unwrap();
        told += finding::tell_packages(&mut tx, packages).await.unwrap();
        new.reports.push(*report);
        for package in *packages {
            new.pairs.push((*report, i32::try_from(new.keys.len()).unwrap()));
            new.keys.push(package.key.clone());
        }
    }
    finding::replace(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    told
}

/// Each finding with the transaction that wrote its row.
async fn findings(database: &Database) -> Vec<(i32, String, String, i64)> {
    let mut conn = database.acquire().await.unwrap();
    let rows = sqlx::query(
        "SELECT report, vulnerability.name, package_version, finding.xmin::text::bigint
         FROM finding
         JOIN vulnerable_package ON vulnerable_package.id = finding.vulnerable_package
         JOIN vulnerability ON vulnerability.id = vulnerable_package.vulnerability
         ORDER BY 1, 2, 3",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}

async fn severity(database: &Database, name: &str) -> i16 {
    let mut conn = database.acquire().await.unwrap();
    let query = "SELECT severity FROM vulnerability WHERE name = $1";
    sqlx::query_scalar(query).bind(name).fetch_one(&mut *conn).await.unwrap()
}

/// The largest numbers of vulnerabilities and of vulnerable packages.
async fn last_numbers(database: &Database) -> (i32, i32) {
    let mut conn = database.acquire().await.unwrap();
    let query =
        "SELECT (SELECT max(id) FROM vulnerability), (SELECT max(id) FROM vulnerable_package)";
    sqlx::query_as(query).fetch_one(&mut *conn).await.unwrap()
}

#[tokio::test]
async fn what_stays_found_is_not_written_again() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let (orders, menu) =
        (stored_report(database, b"orders").await, stored_report(database, b"menu").await);
    let (old, kept, fresh) =
        (package("CVE-1", "3.0.9", 3), package("CVE-2", "3.0.9", 2), package("CVE-3", "3.0.9", 1));
    let before = [old.clone(), kept.clone()];
    write(database, FIRST, &[(orders, &before), (menu, &before)]).await;
    let first = findings(database).await;
    assert_eq!(first.len(), 4);

    let told = write(database, FIRST, &[(orders, &[kept.clone(), fresh])]).await;
    assert_eq!(told, 1, "what was told already was written again");
    assert_eq!(last_numbers(database).await, (3, 3), "what stands used up numbers");
    let second = findings(database).await;
    let of_orders: Vec<&str> =
        second.iter().filter(|row| row.0 == orders).map(|row| row.1.as_str()).collect();
    assert_eq!(of_orders, ["CVE-2", "CVE-3"]);
    for row in first.iter().filter(|row| row.0 == menu || row.1 == "CVE-2") {
        assert!(second.contains(row), "{row:?} was written again");
    }
    test.stop().await;
}

#[tokio::test]
async fn a_vulnerability_is_as_bad_as_the_worst_that_one_database_tells() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let report = stored_report(database, b"orders").await;
    for (vulndb, severity_told, expected) in
        [(FIRST, 2, 2), (FIRST, 4, 4), (FIRST, 1, 4), (SECOND, 3, 3), (SECOND, 2, 3)]
    {
        write(database, vulndb, &[(report, &[package("CVE-1", "3.0.9", severity_told)])]).await;
        assert_eq!(severity(database, "CVE-1").await, expected, "after {severity_told}");
    }
    test.stop().await;
}

#[tokio::test]
async fn what_no_image_holds_is_swept_away() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let report = stored_report(database, b"orders").await;
    let (old, kept) = (package("CVE-1", "3.0.9", 3), package("CVE-1", "3.0.10", 3));
    write(database, FIRST, &[(report, &[old, kept.clone()])]).await;
    write(database, FIRST, &[(report, std::slice::from_ref(&kept))]).await;

    // Not while somebody writes.
    let mut writing = database.begin().await.unwrap();
    finding::lock(&mut writing).await.unwrap();
    let mut tx = database.begin().await.unwrap();
    assert_eq!(finding::sweep(&mut tx).await.unwrap(), None);
    drop(tx);
    writing.commit().await.unwrap();

    let mut tx = database.begin().await.unwrap();
    assert_eq!(finding::sweep(&mut tx).await.unwrap(), Some(1));
    tx.commit().await.unwrap();
    assert_eq!(findings(database).await.len(), 1);

    // A report that goes takes its findings along.
    let mut conn = database.acquire().await.unwrap();
    assert!(report::published(&mut conn, Digest::of(b"orders"), &[], None).await.unwrap());
    drop(conn);
    assert_eq!(findings(database).await, []);
    test.stop().await;
}
