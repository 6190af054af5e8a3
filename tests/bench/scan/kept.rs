//! What a process does that has scanned before: images whose base it knows,
//! and stored lists of packages held against a database again.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use palisade_scanner::source::Source;
use palisade_scanner::source::registry::{RegistryAccess, RegistryClient};
use palisade_scanner::vulndb::Trust;
use palisade_scanner::{
    Distribution, Ecosystem, Inventory, LayerCache, LayeredPackage, Limits, Package, Report,
    VulnDb, scan,
};
use palisade_tests::Registry;
use palisade_tests::image::ImageBuilder;
use palisade_tests::layer::LayerBuilder;

use super::{images, records};
use crate::figures::{Figures, milliseconds};

const TRIES: usize = 5;
/// Packages of the list that is held against the database.
const LISTED: usize = 1_000;

pub(super) async fn measure(
    figures: &mut Figures,
    registry: &Registry,
    database: &Path,
    reference: Option<ImageBuilder>,
) -> Result<()> {
    if let Some(reference) = reference {
        let cache = LayerCache::default();
        let known = inventory(registry, images::REFERENCE, &cache).await?;
        let top = LayerBuilder::new().file("srv/app/run.sh", "exec node .")?.layer()?;
        reference.layer(top).build()?.push(&registry.url(), "measured", "next").await?;
        let begin = Instant::now();
        let next = inventory(registry, "next", &cache).await?;
        figures.add("scan_known_base_ms", milliseconds(begin.elapsed()), "ms");
        ensure!(next.packages == known.packages, "a layer without packages changed the packages");
        let open = VulnDb::open(database, Trust::Anyone)?;
        figures.add("match_stored_image_ms", milliseconds(matched(&next, &open)?), "ms");
    }
    let list = list();
    forget(database)?;
    let begin = Instant::now();
    let open = VulnDb::open(database, Trust::Anyone)?;
    let opened = begin.elapsed();
    let mut found = report(&list, &open)?;
    figures.add("match_1000_cold_ms", milliseconds(begin.elapsed()), "ms");
    figures.add("vulndb_300k_open_cold_ms", milliseconds(opened), "ms");
    ensure!(!found.findings.is_empty(), "nothing was found");
    figures.add("match_1000_warm_ms", milliseconds(matched(&list, &open)?), "ms");
    let begin = Instant::now();
    found.describe(&open)?;
    figures.add("describe_1000_ms", milliseconds(begin.elapsed()), "ms");
    figures.add("match_1000_findings", found.findings.len() as f64, "findings");
    Ok(())
}

async fn inventory(registry: &Registry, tag: &str, cache: &LayerCache) -> Result<Inventory> {
    let client = RegistryClient::new(RegistryAccess::new(&format!("{}/", registry.url()))?)?;
    let source = Source::Registry(client.image("measured", tag)?);
    Ok(scan::inventory(&source, &Limits::default(), cache).await?)
}

/// What a decision needs; descriptions are for who reads the report.
fn report(inventory: &Inventory, database: &VulnDb) -> Result<Report> {
    let now: DateTime<Utc> = DateTime::from_timestamp(1_700_000_000, 0).context("no time")?;
    Ok(Report::matched(inventory, database, now)?)
}

/// The quickest of some tries.
fn matched(inventory: &Inventory, database: &VulnDb) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        let begin = Instant::now();
        report(inventory, database)?;
        best = best.min(begin.elapsed());
    }
    Ok(best)
}

/// Packages that the records are about, each once.
fn list() -> Inventory {
    let mut packages = Vec::with_capacity(LISTED);
    for n in 0..LISTED {
        let (ecosystem, name) = records::subject(n * 7);
        let ecosystem = match ecosystem {
            "PyPI" => Ecosystem::Python,
            "npm" => Ecosystem::Npm,
            _ => Ecosystem::Dpkg,
        };
        let package = Package::new(ecosystem, name, "4.15.3", "list");
        packages.push(LayeredPackage { package, layer: None });
    }
    Inventory {
        distribution: Some(Distribution::new("debian", "12")),
        packages,
        ..Inventory::default()
    }
}

/// Lets the kernel drop what it keeps of a file.
fn forget(path: &Path) -> Result<()> {
    let file = File::open(path)?;
    file.sync_all()?;
    posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)?;
    Ok(())
}
