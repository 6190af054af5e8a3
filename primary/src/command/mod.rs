//! The command line: one module a command.

mod apply;
mod authority;
mod backup;
mod openapi;
mod restore;
mod serve;
mod token;
mod vulndb;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The primary of a Palisade federation
#[derive(Debug, Parser)]
#[command(name = "palisade-primary", version)]
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
    /// Run the primary until SIGTERM or SIGINT
    Serve(serve::ServeArgs),
    /// Replace the certificate authority, and show how that stands
    Authority(authority::AuthorityArgs),
    /// Make, list and revoke join tokens
    Token(token::TokenArgs),
    /// Make true what files of federated objects say
    Apply(apply::ApplyArgs),
    /// Write a backup of the database, beside a running primary
    Backup(backup::BackupArgs),
    /// Restore a backup into an empty database
    Restore(restore::RestoreArgs),
    /// Build the vulnerability database
    Vulndb(vulndb::VulndbArgs),
    /// Print the OpenAPI document of the REST API
    Openapi(openapi::OpenapiArgs),
}

/// Runs the command that the arguments of the process name.
pub fn main() -> ExitCode {
    let cli: Cli = palisade_process::command_line::parse();
    let file = cli.config.as_deref();
    let outcome = match cli.command {
        Command::Serve(args) => serve::run(file, &args),
        Command::Authority(args) => authority::run(file, &args),
        Command::Token(args) => token::run(file, &args),
        Command::Apply(args) => apply::run(&args),
        Command::Backup(args) => backup::run(file, &args),
        Command::Restore(args) => restore::run(file, &args),
        Command::Vulndb(args) => vulndb::run(&args),
        Command::Openapi(args) => openapi::run(&args),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("palisade-primary: {}", palisade_process::told(error.as_ref()));
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
