//! A small vulnerability database, built by the real program from the coffee
//! shop's advisories.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::Launch;
use crate::programs;

/// The repository's root.
pub fn repository() -> Result<PathBuf> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(tests.parent().context("the tests lie in no repository")?.to_path_buf())
}

/// Builds the database into `out`.
pub async fn build(out: &Path) -> Result<()> {
    let advisories = repository()?.join("examples/coffee-shop/advisories");
    let source = |kind: &str, path: &str| format!("{kind}={}", advisories.join(path).display());
    let sources = [
        source("osv", "osv"),
        source("debian", "debian/tracker.json"),
        source("alpine", "alpine/main.json"),
    ];
    build_of(&sources, out).await
}

/// Builds a database of `sources`, each a `KIND=PATH`, into `out`.
pub async fn build_of(sources: &[String], out: &Path) -> Result<()> {
    Launch::new("vulndb", programs::primary()?)
        .args(["vulndb", "build"])
        .args(sources.iter().flat_map(|source| ["--source", source.as_str()]))
        .arg("--out")
        .arg(out)
        .run(Duration::from_mins(1))
        .await?
        .ok()?;
    Ok(())
}
