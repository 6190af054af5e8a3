//! `palisade-agent scan`: one image or folder, without a primary or an agent.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use palisade_api::clock::{Clock as _, SystemClock};
use palisade_scanner::report::output::{OutputFormat, TableStyle};
use palisade_scanner::source::registry::Credentials;
use palisade_scanner::{Limits, Target, TargetOptions, VulnDb};
use tracing_subscriber::EnvFilter;

use crate::telemetry;

/// Where the database is looked for when none is named.
const DEFAULT_DATABASE: &str = "/var/lib/palisade/vulndb";

#[derive(Args, Debug)]
pub(super) struct ScanArgs {
    /// Image of a registry (registry.example/shop/orders:v1), packed image
    /// (docker save), OCI layout folder, or root folder
    #[arg(value_name = "IMAGE|DIR")]
    target: String,

    /// Vulnerability database, made by `palisade-primary vulndb build`
    /// [default: /var/lib/palisade/vulndb]
    #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB")]
    db: Option<PathBuf>,

    /// Form of the result
    #[arg(long, value_enum, default_value_t = Format::Table, env = "PALISADE_FORMAT")]
    format: Format,

    /// User at the registry; the password is read from the variable
    /// PALISADE_REGISTRY_PASSWORD
    #[arg(long, value_name = "NAME", env = "PALISADE_REGISTRY_USERNAME")]
    username: Option<String>,

    /// Level of the log on standard error, or directives such as
    /// info,palisade_scanner=debug
    #[arg(long, value_name = "FILTER", default_value = "warn", env = "PALISADE_LOG")]
    log: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// The full report, as the REST API gives it
    Json,
    /// A CycloneDX document: packages and vulnerabilities
    Cyclonedx,
}

pub(super) fn run(args: &ScanArgs) -> anyhow::Result<ExitCode> {
    let filter = EnvFilter::try_new(&args.log).context("--log")?;
    telemetry::log(filter)?;
    palisade_transport::install_crypto_provider();
    let database = Arc::new(database(args.db.as_deref())?);
    let options = TargetOptions { credentials: credentials(args)?, ..TargetOptions::default() };
    let target = Target::parse(&args.target, options)?;
    let report = super::runtime()?
        .block_on(palisade_scanner::scan::scan(
            &target,
            database,
            &Limits::default(),
            SystemClock.now(),
        ))
        .with_context(|| format!("cannot scan {}", args.target))?;
    let format = match args.format {
        Format::Table => OutputFormat::Table,
        Format::Json => OutputFormat::Json,
        Format::Cyclonedx => OutputFormat::CycloneDx,
    };
    let text = report.write(format, &args.target, TableStyle::default())?;
    writeln!(std::io::stdout().lock(), "{}", text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn database(named: Option<&Path>) -> anyhow::Result<VulnDb> {
    let path = named.unwrap_or(Path::new(DEFAULT_DATABASE));
    if named.is_none() && !path.exists() {
        bail!(
            "there is no vulnerability database at {DEFAULT_DATABASE}: name one with --db \
             (`palisade-primary vulndb build` makes it)"
        );
    }
    VulnDb::open(path)
        .with_context(|| format!("cannot open the vulnerability database {}", path.display()))
}

/// The password comes by a variable only: flags show in process lists.
fn credentials(args: &ScanArgs) -> anyhow::Result<Option<Credentials>> {
    let Some(username) = &args.username else { return Ok(None) };
    match std::env::var("PALISADE_REGISTRY_PASSWORD") {
        Ok(password) => {
            Ok(Some(Credentials { username: username.clone(), password: password.into() }))
        }
        Err(_) => bail!("--username needs the password in the variable PALISADE_REGISTRY_PASSWORD"),
    }
}
