//! The command line: one module a command.

mod run;
mod scan;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An agent of a Palisade federation: runs the security of one cluster
#[derive(Debug, Parser)]
#[command(name = "palisade-agent", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join a federation and run until SIGTERM or SIGINT
    Run(Box<run::RunArgs>),
    /// Scan one image, folder or bill of materials, without a primary
    Scan(Box<scan::ScanArgs>),
}

/// Runs the command that the arguments of the process name.
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Scan(args) => scan::run(&args),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("palisade-agent: {}", palisade_process::told(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// The runtime that commands run on.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
