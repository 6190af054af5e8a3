//! Flags over variables over one file, for every command of both programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use palisade_tests::process::{Finished, Launch};
use palisade_tests::{programs, vulndb};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a settings file.
struct Settings(TempDir);

impl Settings {
    fn new(text: &str) -> Result<Self> {
        let settings = Self(tempfile::tempdir()?);
        fs::write(settings.path("palisade.toml"), text)?;
        Ok(settings)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs a program with the file and the arguments, and a variable.
    async fn run(
        &self,
        program: PathBuf,
        arguments: &[&str],
        variable: Option<(&str, &Path)>,
    ) -> Result<Finished> {
        let mut launch = Launch::new("settings", program)
            .args(arguments.iter().copied())
            .env("PALISADE_CONFIG", self.path("palisade.toml"));
        if let Some((name, value)) = variable {
            launch = launch.env(name, value);
        }
        launch.run(Duration::from_mins(1)).await
    }
}

#[tokio::test]
async fn the_file_gives_what_neither_flag_nor_variable_does() -> Result<()> {
    let advisories = vulndb::repository()?.join("examples/coffee-shop/advisories");
    let settings = Settings::new("")?;
    let text = format!(
        "[vulndb]\nlog = \"error\"\n[vulndb.build]\nsource = [\"osv={}\"]\nout = \"{}\"\n",
        advisories.join("osv").display(),
        settings.path("of-file").display()
    );
    fs::write(settings.path("palisade.toml"), text)?;
    let build = ["vulndb", "build"];
    settings.run(programs::primary()?, &build, None).await?.ok()?;
    let out = settings.path("of-variable");
    let variable = Some(("PALISADE_VULNDB_OUT", out.as_path()));
    settings.run(programs::primary()?, &build, variable).await?.ok()?;
    let of_flag = settings.path("of-flag");
    let flag = ["vulndb", "build", "--out", &of_flag.display().to_string()];
    settings.run(programs::primary()?, &flag, variable).await?.ok()?;
    for name in ["of-file", "of-variable", "of-flag"] {
        ensure!(settings.path(name).exists(), "{name} is missing");
    }
    Ok(())
}

#[tokio::test]
async fn a_scan_takes_its_flags_from_the_file() -> Result<()> {
    let settings = Settings::new(
        "name = \"staging\"\n[scan]\nscanners = [\"secret\", \"config\"]\nformat = \"json\"\nquiet = true\n",
    )?;
    fs::create_dir_all(settings.path("root/etc"))?;
    fs::write(settings.path("root/etc/os-release"), "ID=debian\nVERSION_ID=12\n")?;
    let root = settings.path("root").display().to_string();
    let told = settings.run(programs::agent()?, &["scan", &root], None).await?.ok()?;
    let report: Value = serde_json::from_str(&told)?;
    ensure!(report["report"]["base_os"] == "debian:12", "{report:#}");
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_in_the_file_is_told_with_its_place() -> Result<()> {
    let settings = Settings::new("[backup]\nuot = \"x\"\n[token.create]\nuses = \"many\"\n")?;
    for (arguments, place) in [
        (["backup", "--out=x"], "palisade.toml, backup.uot: there is no such flag"),
        (["token", "list"], "palisade.toml, backup.uot: there is no such flag"),
    ] {
        let finished = settings.run(programs::primary()?, &arguments, None).await?;
        ensure!(finished.status.code() == Some(2), "{}", finished.status);
        ensure!(finished.stderr.contains(place), "{}", finished.stderr);
    }
    fs::write(settings.path("palisade.toml"), "[token.create]\nuses = \"many\"\n")?;
    let finished = settings.run(programs::primary()?, &["token", "create"], None).await?;
    ensure!(finished.status.code() == Some(2), "{}", finished.status);
    ensure!(finished.stderr.contains("palisade.toml, token.create.uses"), "{}", finished.stderr);
    Ok(())
}
