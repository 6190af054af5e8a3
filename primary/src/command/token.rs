//! `palisade-primary token`: join tokens from the command line.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config::ConfigArgs;

#[derive(Args, Debug)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Print a new token
    Create {
        #[command(flatten)]
        config: ConfigArgs,
        /// How many clusters may join with it
        #[arg(long, value_name = "N", default_value_t = 1)]
        uses: u32,
        /// How long it is valid, for example 30m or 1h
        #[arg(long, value_name = "TIME", default_value = "1h")]
        ttl: String,
        /// Let the joining cluster become the home cluster
        #[arg(long)]
        home: bool,
    },
    /// List the tokens
    List {
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Make a token useless
    Revoke {
        #[command(flatten)]
        config: ConfigArgs,
        /// The token's id, as `token list` shows it
        id: String,
    },
}

pub(super) fn run(args: &TokenArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("join tokens are not served by this build: {args:?}")
}
