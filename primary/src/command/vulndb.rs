//! `palisade-primary vulndb`: the vulnerability database.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand};
use palisade_scanner::VulnDb;
use palisade_scanner::vulndb::update::{
    NoOrigin, Paging, SourceOutcome, UpdateSettings, UpdateSource, update,
};
use palisade_scanner::vulndb::{
    self, BuildSummary, FeedKind, PublicKey, SigningKey, SourceSpec, Trust,
};
use secrecy::SecretString;
use serde_json::{Value, json};

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
        /// A source of advisories; may be given several times. The variable has one
        /// a line
        #[arg(
            long = "source",
            value_name = "KIND=PATH",
            required = true,
            value_delimiter = '\n',
            env = "PALISADE_VULNDB_SOURCES"
        )]
        sources: Vec<SourceSpec>,
        /// The file to write
        #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB_OUT")]
        out: PathBuf,
        /// The Ed25519 key that signs it [default: FILE.key beside it, made where there is none]
        #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB_SIGNING_KEY")]
        signing_key: Option<PathBuf>,
    },
    /// Fetch what changed, build the database anew and put it in place. A key for NVD's
    /// interface is read from PALISADE_NVD_KEY
    #[command(after_long_help = kinds())]
    Update {
        /// A source of advisories; may be given several times. The variable has one
        /// a line
        #[arg(
            long = "source",
            value_name = "KIND=URL|PATH",
            required = true,
            value_delimiter = '\n',
            env = "PALISADE_VULNDB_SOURCES"
        )]
        sources: Vec<String>,
        /// The folder of fetched copies
        #[arg(
            long,
            value_name = "DIR",
            default_value = "/var/cache/palisade/vulndb",
            env = "PALISADE_VULNDB_CACHE"
        )]
        cache: PathBuf,
        /// The database to renew
        #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB_OUT")]
        out: PathBuf,
        /// The Ed25519 key that signs it [default: FILE.key beside it, made where there is none]
        #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB_SIGNING_KEY")]
        signing_key: Option<PathBuf>,
        /// Fail when a source is not the newest, though the database was renewed
        #[arg(long, value_parser = FalseyValueParser::new(), env = "PALISADE_VULNDB_STRICT")]
        strict: bool,
        /// Put the database in place though it is older than the one that is there
        #[arg(long, value_parser = FalseyValueParser::new(), env = "PALISADE_VULNDB_ALLOW_OLDER")]
        allow_older: bool,
    },
    /// Show, as JSON, what a database is made of, or what it knows of a vulnerability
    Show {
        /// The database
        #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB")]
        db: PathBuf,
        /// The Ed25519 public key that must have signed it [default: FILE.key.pub where it is there]
        #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB_KEY")]
        key: Option<PathBuf>,
        /// A vulnerability, such as CVE-2024-3094
        name: Option<String>,
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
        "\nFiles may be packed (.gz, .zst, .bz2, .xz); folders, .zip and .tar hold several.\n",
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
            let mut settings = UpdateSettings::new(read(sources)?, cache.clone(), out.clone());
            if let Some(key) = signing_key {
                settings.key.clone_from(key);
            }
            settings.allow_older = *allow_older;
            let nvd_key = std::env::var("PALISADE_NVD_KEY").ok().filter(|key| !key.is_empty());
            settings.paging = Paging::with_key(nvd_key.map(SecretString::from));
            renew(&settings, *strict)
        }
        VulndbCommand::Show { db, key, name } => {
            let beside = vulndb::public_path(&vulndb::key_path(db));
            let trust = match key.as_ref().or(beside.exists().then_some(&beside)) {
                Some(key) => Trust::Key(PublicKey::read(key)?),
                None => Trust::Anyone,
            };
            let database = VulnDb::open(db, trust)
                .with_context(|| format!("cannot open the database {}", db.display()))?;
            let shown = match name {
                Some(name) => of_vulnerability(&database, name)?,
                None => of_database(&database),
            };
            writeln!(std::io::stdout(), "{shown:#}")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The sources of an update. They are read here, since an error of the command
/// line shows the text, in which a password may be.
fn read(sources: &[String]) -> Result<Vec<UpdateSource>, NoOrigin> {
    sources.iter().map(|source| source.parse()).collect()
}

fn of_database(database: &VulnDb) -> Value {
    let sources = database.sources().iter().map(|source| {
        json!({
            "name": source.name,
            "records": source.records,
            "malformed": source.malformed,
            "newest": date(source.newest),
            "sha256": source.sha256,
        })
    });
    json!({
        "version": database.version(),
        "create_time": database.create_time(),
        "sources": sources.collect::<Vec<_>>(),
    })
}

fn of_vulnerability(database: &VulnDb, name: &str) -> anyhow::Result<Value> {
    let known = database.vulnerability(name)?;
    let mut shown =
        serde_json::to_value(known.with_context(|| {
            format!("the database {} does not know {name}", database.version())
        })?)?;
    for key in ["published", "modified"] {
        shown[key] = shown[key].as_i64().map_or(Value::Null, date);
    }
    let prose = serde_json::to_value(database.texts()?.prose(name)?)?;
    for (key, text) in prose.as_object().into_iter().flatten() {
        shown[key] = text.clone();
    }
    Ok(shown)
}

/// Unix seconds as RFC 3339; null where they are not known.
fn date(seconds: i64) -> Value {
    let known = (seconds != 0).then(|| DateTime::from_timestamp(seconds, 0)).flatten();
    known.map_or(Value::Null, |date| json!(date.to_rfc3339_opts(SecondsFormat::Secs, true)))
}

fn renew(settings: &UpdateSettings, strict: bool) -> anyhow::Result<ExitCode> {
    let summary = super::runtime()?.block_on(update(settings, Utc::now()))?;
    let mut stdout = std::io::stdout().lock();
    for (name, outcome) in &summary.sources {
        match outcome {
            SourceOutcome::Local => writeln!(stdout, "{name}: on this machine")?,
            SourceOutcome::Fetched { bytes } => writeln!(stdout, "{name}: {bytes} bytes fetched")?,
            SourceOutcome::Renewed { records } => {
                writeln!(stdout, "{name}: {records} records renewed")?;
            }
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
    for (ecosystem, packages) in &summary.unused {
        writeln!(stdout, "{ecosystem}: no scan finds such packages, of which {packages} are told")?;
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        vulndb: VulndbArgs,
    }

    #[test]
    fn a_password_in_a_source_is_not_shown() {
        let source = "osv=https://me:hidden@example.org/all.zip?token=hidden";
        let line = ["vulndb", "update", "--source", source, "--out", "vulndb"];
        let parsed = Line::try_parse_from(line).unwrap_or_else(|error| panic!("{error}"));
        let VulndbCommand::Update { sources, .. } = parsed.vulndb.command else {
            panic!("another command")
        };
        let error = read(&sources).unwrap_err().to_string();
        assert!(error.contains("password") && !error.contains("hidden"), "{error}");
    }
}
