//! The stand-alone scanner on large images over loopback.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use palisade_tests::hostile::{HostileRegistry, Sending};
use palisade_tests::image::{Image, ImageBuilder, debian_layer};
use palisade_tests::layer::{Layer, LayerBuilder};
use palisade_tests::process::Launch;
use palisade_tests::{programs, vulndb};
use tokio::time::{MissedTickBehavior, interval};

use crate::figures::Figures;
use crate::processes::memory_kib;

const MIB: usize = 1 << 20;
const SCANNED_WITHIN: Duration = Duration::from_mins(5);

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("vulndb");
    vulndb::build(&database).await?;
    let registry = HostileRegistry::start().await?;
    let host = registry.url().replace("http://", "");
    for (name, size) in [("100mib", 100), ("1gib", 1024)] {
        registry.put(&image(size)?, "large/image", name, |_| Sending::Honest)?;
        let mut process = Launch::new("scan", programs::agent()?)
            .args(["scan", &format!("http://{host}/large/image:{name}"), "--format", "json"])
            .arg("--db")
            .arg(&database)
            .spawn(dir.path())?;
        let begin = Instant::now();
        let pid = process.pid().context("the scan ended at once")?;
        let mut ticks = interval(Duration::from_millis(5));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut peak = 0;
        let status = loop {
            tokio::select! {
                status = process.ended(SCANNED_WITHIN) => break status?,
                _ = ticks.tick() => peak = peak.max(memory_kib(pid, "VmHWM").unwrap_or(0)),
            }
        };
        let took = begin.elapsed();
        ensure!(status.success(), "the scan failed: {}", process.log());
        ensure!(process.log().contains("CVE-2023-38545"), "nothing found: {}", process.log());
        figures.add(format!("scan_{name}_rss_mib"), peak as f64 / 1024.0, "MiB");
        if name == "1gib" {
            figures.add("scan_mib_per_s", size as f64 / took.as_secs_f64(), "MiB/s");
        }
    }
    Ok(())
}

/// An image of `mib` MiB in layers of up to 128 MiB, of files that compress to
/// about half.
fn image(mib: usize) -> Result<Image> {
    let mut image = ImageBuilder::new().layer(
        debian_layer(&[("libcurl4", "7.88.1-10", "curl"), ("libc6", "2.36-9", "glibc")])?
            .layer()?,
    );
    let mut noise = 0x2545_f491_4f6c_dd1d_u64;
    let mut left = mib;
    while left > 0 {
        let here = left.min(128);
        let mut layer = LayerBuilder::new();
        for n in 0..here {
            let mut content = Vec::with_capacity(MIB);
            while content.len() < MIB {
                // Xorshift: half of the bytes are noise, half are always the same.
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                content.extend_from_slice(&noise.to_le_bytes());
                content.extend_from_slice(b"palisade");
            }
            layer = layer.file(&format!("opt/data/{left}-{n}.bin"), content)?;
        }
        image =
            image.layer(Layer::new(&layer.archive(), palisade_tests::layer::Compression::Gzip)?);
        left -= here;
    }
    image.build()
}
