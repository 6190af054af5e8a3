//! One scan as a process of its own, and what the kernel counts of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use palisade_tests::process::Launch;
use palisade_tests::{Registry, programs};
use tokio::time::{MissedTickBehavior, interval};

use super::records;
use crate::processes::memory_kib;

const SCANNED_WITHIN: Duration = Duration::from_mins(5);

/// The program and what it needs.
pub(super) struct Scanner<'a> {
    dir: &'a Path,
    host: String,
    database: PathBuf,
}

/// What one scan cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) wall_ms: f64,
    pub(super) cpu_ms: f64,
    pub(super) peak_mib: f64,
    pub(super) written_kib: f64,
}

impl Cost {
    /// The lower figures of two scans, but the higher memory.
    pub(super) fn min(self, other: Self) -> Self {
        Self {
            wall_ms: self.wall_ms.min(other.wall_ms),
            cpu_ms: self.cpu_ms.min(other.cpu_ms),
            peak_mib: self.peak_mib.max(other.peak_mib),
            written_kib: self.written_kib.max(other.written_kib),
        }
    }
}

impl<'a> Scanner<'a> {
    pub(super) async fn prepare(dir: &'a Path, registry: &Registry) -> Result<Self> {
        let database = dir.join("vulndb");
        records::build(&database).await?;
        Ok(Self { dir, host: registry.address().to_string(), database })
    }

    pub(super) fn database(&self) -> &Path {
        &self.database
    }

    /// Scans the image `measured:TAG` for everything, with a new process.
    pub(super) async fn scan(&self, tag: &str) -> Result<Cost> {
        let before = children()?;
        let mut process = Launch::new("scan", programs::agent()?)
            .args(["scan", &format!("http://{}/measured:{tag}", self.host)])
            .args(["--format", "json", "--output", "/dev/null", "--db"])
            .arg(&self.database)
            .spawn(self.dir)?;
        let begin = Instant::now();
        let pid = process.pid().context("the scan ended at once")?;
        let mut ticks = interval(Duration::from_millis(2));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut peak = 0;
        let status = loop {
            tokio::select! {
                status = process.ended(SCANNED_WITHIN) => break status?,
                // The mark only grows, so that the last look is the right one.
                _ = ticks.tick() => peak = peak.max(memory_kib(pid, "VmHWM").unwrap_or(0)),
            }
        };
        let wall = begin.elapsed();
        let after = children()?;
        ensure!(status.success(), "the scan of {tag} failed: {}", process.log());
        ensure!(!process.log().contains("partial"), "{tag} is partial: {}", process.log());
        Ok(Cost {
            wall_ms: wall.as_secs_f64() * 1000.0,
            cpu_ms: cpu_ms(&after) - cpu_ms(&before),
            peak_mib: peak as f64 / 1024.0,
            // Blocks of 512 bytes that were to go to a disk.
            written_kib: (after.block_writes() - before.block_writes()) as f64 / 2.0,
        })
    }
}

/// What children cost that have ended. The registry runs on.
fn children() -> Result<Usage> {
    Ok(getrusage(UsageWho::RUSAGE_CHILDREN)?)
}

fn cpu_ms(usage: &Usage) -> f64 {
    let both = usage.user_time() + usage.system_time();
    both.num_microseconds() as f64 / 1000.0
}
