//! `palisade-primary vulndb`: the vulnerability database.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use palisade_scanner::vulndb::{self, SourceSpec};

#[derive(Args, Debug)]
pub(super) struct VulndbArgs {
    #[command(subcommand)]
    command: VulndbCommand,
}

#[derive(Debug, Subcommand)]
enum VulndbCommand {
    /// Build the database from files of advisories
    Build {
        /// A source of advisories; may be given several times
        #[arg(long = "source", value_name = "KIND=PATH", required = true)]
        sources: Vec<String>,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

pub(super) fn run(args: &VulndbArgs) -> anyhow::Result<ExitCode> {
    let VulndbCommand::Build { sources, out } = &args.command;
    let sources: Vec<SourceSpec> =
        sources.iter().map(|source| source.parse()).collect::<Result<_, _>>()?;
    let summary = vulndb::build(&sources, out)?;
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
    Ok(ExitCode::SUCCESS)
}
