//! The stand-alone scanner on images of a real registry on loopback, and what
//! is kept of images held against a database again.
//!
//! [`images`] makes the images, [`run`] measures one scan as a process,
//! [`kept`] what happens in a process that has scanned before.

mod contents;
mod images;
mod kept;
mod records;
mod run;

use anyhow::Result;
use palisade_tests::Registry;
use palisade_tests::image::ImageBuilder;

use crate::figures::Figures;
use run::Scanner;

/// Scans of one image; the quickest counts, since others work on the machine.
const TRIES: usize = 3;

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let registry = Registry::start().await?;
    let scanner = Scanner::prepare(dir.path(), &registry).await?;
    for (name, image) in images::MADE {
        measure_one(figures, &registry, &scanner, name, image()?).await?;
    }
    let mut reference = None;
    for (name, image) in images::DEBIAN {
        let Some(image) = image()? else {
            println!("{name} is left out: mmdebstrap, pip or npm could not make it");
            continue;
        };
        if name == images::REFERENCE {
            reference = Some(image.clone());
        }
        measure_one(figures, &registry, &scanner, name, image).await?;
    }
    kept::measure(figures, &registry, scanner.database(), reference).await
}

async fn measure_one(
    figures: &mut Figures,
    registry: &Registry,
    scanner: &Scanner<'_>,
    name: &str,
    image: ImageBuilder,
) -> Result<()> {
    let image = image.build()?;
    image.push(&registry.url(), "measured", name).await?;
    let mut best = scanner.scan(name).await?;
    for _ in 1..TRIES {
        best = best.min(scanner.scan(name).await?);
    }
    let stored: u64 = image.layers.iter().map(|layer| layer.size).sum();
    let stored = stored as f64 / f64::from(1 << 20);
    figures.add(format!("scan_{name}_stored_mib"), stored, "MiB");
    figures.add(format!("scan_{name}_wall_ms"), best.wall_ms, "ms");
    figures.add(format!("scan_{name}_cpu_ms"), best.cpu_ms, "ms");
    figures.add(format!("scan_{name}_rss_mib"), best.peak_mib, "MiB");
    figures.add(format!("scan_{name}_written_kib"), best.written_kib, "KiB");
    figures.add(format!("scan_{name}_mib_per_s"), stored / best.wall_ms * 1000.0, "MiB/s");
    if name == "1gib" {
        // Of what the layers unpack to.
        figures.add("scan_mib_per_s", 1024.0 / best.wall_ms * 1000.0, "MiB/s");
    }
    Ok(())
}
