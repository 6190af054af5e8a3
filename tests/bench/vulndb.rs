//! The vulnerability database: how large it is, how long it takes to build and
//! to open.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use palisade_scanner::VulnDb;
use palisade_scanner::vulndb::Trust;
use palisade_tests::process::Launch;
use palisade_tests::programs;
use palisade_tests::vulndb::repository;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::figures::{Figures, milliseconds};
use crate::processes::memory_kib;

const RECORDS: usize = 300_000;
const MIB: f64 = 1_048_576.0;
const BUILT_WITHIN: Duration = Duration::from_mins(10);
/// The first time of several is that of a cold cache.
const OPENINGS: usize = 5;

/// Real feeds: files and what kind of feed they are.
const FEEDS: &[(&str, &str)] = &[
    ("alpine", "alpine-secdb.jsonl.gz"),
    ("debian", "debian-bookworm.json.gz"),
    ("debian-advisories", "debian-dla.jsonl.gz"),
    ("debian-advisories", "debian-dsa.jsonl.gz"),
    ("debian-changelogs", "debian-bookworm-changelogs.jsonl.gz"),
    ("friendsofphp", "php-friendsofphp.jsonl.gz"),
    ("gitlab", "gitlab-community.jsonl.gz"),
    ("kev", "kev.json.gz"),
    ("kubernetes", "k8s-cve.jsonl.gz"),
    ("osv", "osv-almalinux.jsonl.gz"),
    ("osv", "osv-crates.jsonl.gz"),
    ("osv", "osv-go.jsonl.gz"),
    ("osv", "osv-pypi.jsonl.gz"),
    ("rubysec", "rubysec.jsonl.gz"),
    ("ubuntu", "ubuntu-cve-tracker.jsonl.zst"),
];

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let feed = dir.path().join("made-up.jsonl");
    write_feed(&feed)?;
    let large = dir.path().join("large");
    build(&[format!("osv={}", feed.display())], &large).await?;
    let size = std::fs::metadata(&large)?.len();
    figures.add("vulndb_300k_mib", size as f64 / MIB, "MiB");
    let mut fastest = Duration::MAX;
    for _ in 0..OPENINGS {
        let begin = Instant::now();
        let database = VulnDb::open(&large, Trust::Anyone)?;
        fastest = fastest.min(begin.elapsed());
        ensure!(database.vulnerabilities() == RECORDS as u64, "records are missing");
    }
    figures.add("vulndb_open_ms", milliseconds(fastest), "ms");

    let folder = repository()?.join("../shared/vuln-data");
    if !folder.is_dir() {
        println!("vulndb_build: skipped, ../shared/vuln-data is not beside the repository");
        return Ok(());
    }
    let of = |(kind, file): &(&str, &str)| format!("{kind}={}", folder.join(file).display());
    let sources: Vec<String> = FEEDS.iter().map(of).collect();
    let (took, peak_kib) = build(&sources, &dir.path().join("real")).await?;
    figures.add("vulndb_build_s", took.as_secs_f64(), "s");
    figures.add("vulndb_build_rss_mib", peak_kib as f64 / 1024.0, "MiB");
    Ok(())
}

/// Builds a database. Gives the time and the memory that it took at most.
async fn build(sources: &[String], out: &Path) -> Result<(Duration, u64)> {
    let folder = out.parent().context("a database lies in a folder")?;
    let mut process = Launch::new("vulndb", programs::primary()?)
        .args(["vulndb", "build"])
        .args(sources.iter().flat_map(|source| ["--source", source.as_str()]))
        .arg("--out")
        .arg(out)
        .spawn(folder)?;
    let begin = Instant::now();
    let pid = process.pid().context("the build ended at once")?;
    let mut ticks = interval(Duration::from_millis(5));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut peak = 0;
    let status = loop {
        tokio::select! {
            status = process.ended(BUILT_WITHIN) => break status?,
            _ = ticks.tick() => peak = peak.max(memory_kib(pid, "VmHWM").unwrap_or(0)),
        }
    };
    ensure!(status.success(), "the build failed: {}", process.log());
    Ok((begin.elapsed(), peak))
}

/// Records like those of real feeds: a paragraph of text, a vector, links, and
/// ranges of one to three packages.
fn write_feed(path: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut noise = Noise(0x2545_f491_4f6c_dd1d);
    for at in 0..RECORDS {
        let words: Vec<String> = (0..40 + noise.below(40)).map(|_| noise.word()).collect();
        let affected: Vec<_> = (0..=noise.below(3))
            .map(|_| {
                let (major, minor) = (noise.below(9), noise.below(60));
                json!({
                    "package": { "ecosystem": "npm", "name": format!("package-{}", noise.below(60_000)) },
                    "ranges": [{ "type": "SEMVER", "events": [
                        { "introduced": format!("{major}.0.0") },
                        { "fixed": format!("{major}.{minor}.{}", noise.below(20)) },
                    ] }],
                })
            })
            .collect();
        let (year, day) = (1999 + at % 27, 1 + at % 28);
        let record = json!({
            "id": format!("CVE-{year}-{at:06}"),
            "details": words.join(" "),
            "published": format!("{year}-03-{day:02}T00:00:00Z"),
            "modified": format!("{year}-04-{day:02}T00:00:00Z"),
            "severity": [{ "type": "CVSS_V3",
                "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N" }],
            "references": [
                { "type": "WEB", "url": format!("https://advisories.example/{year}/{at}") },
                { "type": "FIX", "url": format!("https://code.example/{}", noise.below(9_999_999)) },
            ],
            "affected": affected,
        });
        writeln!(out, "{record}")?;
    }
    out.flush().context("the feed is not written")
}

/// Xorshift: the same in each run.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// One of some thousand words, the first ones more often, as in a language.
    fn word(&mut self) -> String {
        let rank = self.below(64) * self.below(64);
        (0..2 + rank % 4).map(|at| SYLLABLES[((rank / 7 + at * 11) % 16) as usize]).collect()
    }
}

const SYLLABLES: [&str; 16] = [
    "ta", "re", "no", "li", "ma", "se", "ko", "vi", "du", "pa", "ne", "ro", "ti", "ba", "lu", "ge",
];
