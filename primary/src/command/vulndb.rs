//! `palisade-primary vulndb`: the vulnerability database.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::Utc;
use clap::{Args, Subcommand};
use palisade_scanner::vulndb::update::{SourceOutcome, UpdateSettings, UpdateSource, update};
use palisade_scanner::vulndb::{self, BuildSummary, FeedKind, SigningKey, SourceSpec};

use crate::telemetry;

#[derive(Args, Debug)]
pub(super) struct VulndbArgs {
    #[command(subcommand)]
    command: VulndbCommand,
    /// Level of the log on standard error, or directives
    #[arg(
        long,
        value_name = "FILTER",
        env = "PALISADE_LOG",
        default_value = "warn",
        global = true
    )]
    log: String,
}

#[derive(Debug, Subcommand)]
enum VulndbCommand {
    /// Build the database from files of advisories
    #[command(after_long_help = kinds())]
    Build {
        /// A source of advisories; may be given several times
        #[arg(long = "source", value_name = "KIND=PATH", required = true)]
        sources: Vec<SourceSpec>,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The Ed25519 key that signs it [default: FILE.key beside it, made where there is none]
        #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB_SIGNING_KEY")]
        signing_key: Option<PathBuf>,
    },
    /// Fetch what changed, build the database anew and put it in place
    #[command(after_long_help = kinds())]
    Update {
        /// A source of advisories; may be given several times
        #[arg(long = "source", value_name = "KIND=URL|PATH", required = true)]
        sources: Vec<UpdateSource>,
        /// The folder of fetched copies
        #[arg(long, value_name = "DIR", default_value = "/var/cache/palisade/vulndb")]
        cache: PathBuf,
        /// The database to renew
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The Ed25519 key that signs it [default: FILE.key beside it, made where there is none]
        #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB_SIGNING_KEY")]
        signing_key: Option<PathBuf>,
        /// Fail when a source is not the newest, though the database was renewed
        #[arg(long)]
        strict: bool,
        /// Put the database in place though it is older than the one that is there
        #[arg(long)]
        allow_older: bool,
    },
}

/// The kinds of sources, for the long help.
fn kinds() -> String {
    let mut text = "Kinds of sources:\n".to_owned();
    for kind in FeedKind::ALL {
        // Writing to a text does not fail.
        let _ = writeln!(text, "  {:<18} {}", kind.name(), kind.describe());
    }
    text.push_str(
        "\nFiles may be packed (.gz, .zst, .bz2); folders, .zip and .tar hold several.\n",
    );
    text
}

pub(super) fn run(args: &VulndbArgs) -> anyhow::Result<ExitCode> {
    telemetry::log(args.log.parse()?)?;
    match &args.command {
        VulndbCommand::Build { sources, out, signing_key } => {
            let key = signing_key.clone().unwrap_or_else(|| vulndb::key_path(out));
            let summary = vulndb::build(sources, out, &SigningKey::at(&key)?)?;
            print(&summary, out)?;
            Ok(ExitCode::SUCCESS)
        }
        VulndbCommand::Update { sources, cache, out, signing_key, strict, allow_older } => {
            let mut settings = UpdateSettings::new(sources.clone(), cache.clone(), out.clone());
            if let Some(key) = signing_key {
                settings.key.clone_from(key);
            }
            settings.allow_older = *allow_older;
            renew(&settings, *strict)
        }
    }
}

fn renew(settings: &UpdateSettings, strict: bool) -> anyhow::Result<ExitCode> {
    let summary = super::runtime()?.block_on(update(settings, Utc::now()))?;
    let mut stdout = std::io::stdout().lock();
    for (name, outcome) in &summary.sources {
        match outcome {
            SourceOutcome::Local => writeln!(stdout, "{name}: on this machine")?,
            SourceOutcome::Fetched { bytes } => writeln!(stdout, "{name}: {bytes} bytes fetched")?,
            SourceOutcome::Unchanged => writeln!(stdout, "{name}: unchanged")?,
            SourceOutcome::Kept { since, reason } => {
                writeln!(stdout, "{name}: the copy of {} is used: {reason}", since.to_rfc3339())?;
            }
        }
    }
    drop(stdout);
    print(&summary.build, &settings.out)?;
    if !summary.changed {
        println!("the database is the same as before");
    }
    Ok(if strict && summary.is_stale() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print(summary: &BuildSummary, out: &std::path::Path) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    for source in &summary.sources {
        let (name, records, malformed) = (&source.name, source.records, source.malformed);
        writeln!(stdout, "{name}: {records} records, {malformed} malformed and left out")?;
    }
    writeln!(
        stdout,
        "{}: version {}, {} vulnerabilities of {} packages, {} bytes",
        out.display(),
        summary.version,
        summary.vulnerabilities,
        summary.packages,
        summary.bytes
    )?;
    Ok(())
}
