//! The command line: one module a command.

mod openapi;
mod run;
mod scan;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An agent of a Palisade federation: runs the security of one cluster
#[derive(Debug, Parser)]
#[command(name = "palisade-agent", version)]
struct Cli {
    /// TOML file with settings; flags and variables win over it. The flags of a
    /// command stand in the table of its name
    #[arg(long, global = true, value_name = "FILE", env = "PALISADE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join a federation and run until SIGTERM or SIGINT
    Run(Box<run::RunArgs>),
    /// Print the OpenAPI document of what clusters alone answer
    Openapi,
    /// Scan one image, folder or bill of materials, without a primary
    Scan(Box<scan::ScanArgs>),
}

/// Runs the command that the arguments of the process name.
pub fn main() -> ExitCode {
    let cli: Cli = palisade_process::command_line::parse();
    let file = cli.config.as_deref();
    let outcome = match cli.command {
        Command::Run(args) => run::run(file, &args),
        Command::Openapi => openapi::run(),
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_flag_has_a_variable_and_an_explanation() {
        assert_eq!(
            palisade_process::command_line::unexplained(&Cli::command()),
            Vec::<String>::new()
        );
    }
}
