//! `palisade-primary vulndb`: the vulnerability database.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

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
    anyhow::bail!("the vulnerability database is not built by this build: {args:?}")
}
