//! A new vulnerability database held against ten thousand stored images.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use palisade_tests::hostile::{HostileRegistry, Sending};
use palisade_tests::image::{ImageBuilder, debian_layer};
use palisade_tests::process::Launch;
use palisade_tests::{Primary, Rest, fleet, programs, wait};
use serde_json::{Map, Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::figures::Figures;

const IMAGES: usize = 10_000;
/// Tags of one repository.
const TAGS: usize = 100;
/// Packages that images choose from, and those of one image.
const PACKAGES: usize = 600;
const PACKAGES_OF_IMAGE: usize = 120;
/// Vulnerabilities of each package that the first database knows.
const VULNERABILITIES: usize = 2;
const SCANNED_WITHIN: Duration = Duration::from_mins(15);
const REMATCHED_WITHIN: Duration = Duration::from_mins(5);

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("vulndb");
    build(dir.path(), &database, VULNERABILITIES).await?;
    let registry = HostileRegistry::start().await?;
    for at in 0..IMAGES {
        let repository = format!("shop/service-{}", at / TAGS);
        registry.put(&image(at)?, &repository, &format!("v{}", at % TAGS), |_| Sending::Honest)?;
    }
    let primary = Primary::builder().arg("--vulndb").arg(&database).start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let mut store = PgConnection::connect(primary.database_url().context("no database")?).await?;

    let begin = Instant::now();
    add_registry(&admin, &registry.url()).await?;
    wait::until_within("all images are scanned", SCANNED_WITHIN, || async {
        let answer = admin.get("/v1/scan/registry/fed.bench").await?.ok()?;
        let summary = &answer["summary"];
        ensure!(summary["failed"] == 0, "{summary}");
        Ok(wait::when(summary["scanned"] == IMAGES && summary["status"] == "idle"))
    })
    .await?;
    let scanned = IMAGES as f64 / begin.elapsed().as_secs_f64();
    figures.add("registry_scan_images_per_s", scanned, "images/s");
    let findings: i64 =
        sqlx::query_scalar("SELECT count(*) FROM finding").fetch_one(&mut store).await?;
    figures.add("registry_findings", findings as f64, "findings");
    drop(registry);

    // One more vulnerability for each tenth package: most images change.
    build(dir.path(), &database, VULNERABILITIES + 1).await?;
    let begin = Instant::now();
    let digests =
        "SELECT count(DISTINCT vulndb_digest) = 1 AND min(cvedb_version) <> $1 FROM report";
    let old: String =
        sqlx::query_scalar("SELECT min(cvedb_version) FROM report").fetch_one(&mut store).await?;
    let deadline = begin + REMATCHED_WITHIN;
    loop {
        let done: bool = sqlx::query_scalar(digests).bind(&old).fetch_one(&mut store).await?;
        if done {
            break;
        }
        ensure!(Instant::now() < deadline, "the images were not matched in time");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let rematched = IMAGES as f64 / begin.elapsed().as_secs_f64();
    figures.add("rematch_images_per_s", rematched, "images/s");
    let more: i64 =
        sqlx::query_scalar("SELECT count(*) FROM finding").fetch_one(&mut store).await?;
    ensure!(more > findings, "the new vulnerabilities were not found");
    Ok(())
}

async fn add_registry(admin: &Rest, url: &str) -> Result<()> {
    let config = json!({ "config": { "name": "fed.bench", "registry_type": "Docker Registry",
        "registry": format!("{url}/"), "filters": ["*"], "cfg_type": "federal",
        "rescan_after_db_update": true } });
    admin.post("/v1/scan/registry", &config).await?.ok()?;
    admin.post("/v1/scan/registry/fed.bench/scan", &Value::Null).await?.ok()?;
    Ok(())
}

/// The image at this place: a choice of its own among the packages.
fn image(at: usize) -> Result<palisade_tests::image::Image> {
    let names: Vec<String> = (0..PACKAGES_OF_IMAGE)
        .map(|n| format!("package-{}", (at * 7 + n * (1 + at % 4)) % PACKAGES))
        .collect();
    let packages: Vec<(&str, &str, &str)> =
        names.iter().map(|name| (name.as_str(), "1.0-1", name.as_str())).collect();
    let layer = debian_layer(&packages)?.file("etc/image", at.to_string())?.layer()?;
    ImageBuilder::new().layer(layer).user("1000").build()
}

/// Builds a database that knows so many vulnerabilities of each package; the
/// last one of every tenth package only.
async fn build(dir: &Path, out: &Path, vulnerabilities: usize) -> Result<()> {
    let fixed = json!({ "releases": { "bookworm": {
        "status": "resolved", "fixed_version": "2.0-1" } } });
    let mut tracker = Map::new();
    for package in 0..PACKAGES {
        let known = (0..vulnerabilities)
            .filter(|n| *n < VULNERABILITIES || package % 10 == 0)
            .map(|n| (format!("CVE-2024-{}", 10_000 + package * 10 + n), fixed.clone()));
        tracker.insert(format!("package-{package}"), Value::Object(known.collect()));
    }
    let file = dir.join("tracker.json");
    std::fs::write(&file, serde_json::to_vec(&tracker)?)?;
    Launch::new("vulndb", programs::primary()?)
        .args(["vulndb", "build", "--source"])
        .arg(format!("debian={}", file.display()))
        .arg("--out")
        .arg(out)
        .run(Duration::from_mins(1))
        .await?
        .ok()?;
    Ok(())
}
