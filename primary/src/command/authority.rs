//! `palisade-primary authority`: the certificate authority of the federation.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use palisade_api::clock::{Clock as _, SystemClock};
use palisade_transport::certificate::to_pem;

use crate::config::{Config, ConfigArgs};
use crate::federation::{authority, rotation};
use crate::store::{self, Actor, Database, Opened, migrate};

#[derive(Args, Debug)]
pub(super) struct AuthorityArgs {
    #[command(subcommand)]
    command: AuthorityCommand,
}

#[derive(Debug, Subcommand)]
enum AuthorityCommand {
    /// Replace the authority: a new one signs, the old one is trusted until the
    /// last member has a certificate of the new one
    Rotate {
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Show the authorities, and how many members depend on each
    Status {
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Print the certificates of the authorities as PEM: what clients of the REST API
    /// verify the primary by, where it has no certificate of yours
    Certificate {
        #[command(flatten)]
        config: ConfigArgs,
    },
}

impl AuthorityCommand {
    const fn config(&self) -> &ConfigArgs {
        let (Self::Rotate { config } | Self::Status { config } | Self::Certificate { config }) =
            self;
        config
    }
}

pub(super) fn run(file: Option<&Path>, args: &AuthorityArgs) -> anyhow::Result<ExitCode> {
    let config = Config::read(file, args.command.config())?;
    super::runtime()?.block_on(async {
        let opened = Opened::beside(&config).await?;
        migrate::run(&opened.database).await?;
        let outcome = execute(&args.command, &config, &opened.database).await;
        opened.close().await;
        outcome.map(|()| ExitCode::SUCCESS)
    })
}

async fn execute(
    command: &AuthorityCommand,
    config: &Config,
    database: &Database,
) -> anyhow::Result<()> {
    if matches!(command, AuthorityCommand::Certificate { .. }) {
        return certificates(database).await;
    }
    let now = SystemClock.now();
    if matches!(command, AuthorityCommand::Rotate { .. }) {
        let sealer = authority::sealer(config)?;
        let actor = Actor::new("command line", "");
        let fingerprint = rotation::begin(database, &sealer, &actor, now).await?;
        eprintln!("the authority {fingerprint} signs from now on");
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:64}  {:20}  {:8}  {:>7}", "FINGERPRINT", "CREATED", "STATE", "MEMBERS")?;
    for one in rotation::status(&mut *database.acquire().await?, now).await? {
        writeln!(
            out,
            "{:64}  {:20}  {:8}  {:>7}",
            one.fingerprint.to_string(),
            one.created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            if one.issuing { "signs" } else { "trusted" },
            one.members,
        )?;
    }
    Ok(())
}

async fn certificates(database: &Database) -> anyhow::Result<()> {
    let mut conn = database.acquire().await?;
    let present = store::authority::get(&mut conn).await?;
    let present = present.context("there is no authority yet: start the primary once")?;
    let successor = store::authority::successor(&mut conn).await?;
    let mut out = std::io::stdout().lock();
    for der in std::iter::once(present.certificate).chain(successor.map(|one| one.certificate)) {
        out.write_all(to_pem(&der).as_bytes())?;
    }
    Ok(())
}
