//! `palisade-primary token`: join tokens from the command line, beside a
//! running primary or without one.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::ensure;
use chrono::{DateTime, TimeDelta, Utc};
use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand};
use palisade_api::clock::{SharedClock, SystemClock};
use palisade_policy::cluster::ClusterLabels;
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use crate::config::{Config, ConfigArgs, duration};
use crate::federation::token::{self, TokenRequest};
use crate::federation::{Trust, address, authority};
use crate::store::member_kind::MemberKind;
use crate::store::token::Token;
use crate::store::{self, Actor, Database, Opened, StoreError, migrate};

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
        #[arg(long, value_name = "N", default_value_t = 1, env = "PALISADE_TOKEN_USES")]
        uses: u32,
        /// How long it is valid, for example 30m or 1h
        #[arg(long, value_name = "TIME", default_value = "1h", env = "PALISADE_TOKEN_TTL")]
        ttl: String,
        /// Let the joining cluster become the home cluster
        #[arg(long, value_parser = FalseyValueParser::new(), env = "PALISADE_TOKEN_HOME")]
        home: bool,
        /// Let a scan worker join, an agent with --roles scanner
        #[arg(
            long,
            conflicts_with = "home",
            value_parser = FalseyValueParser::new(),
            env = "PALISADE_TOKEN_SCANNER"
        )]
        scanner: bool,
        /// Let each cluster wait after joining until an administrator approves it
        #[arg(
            long,
            conflicts_with_all = ["home", "scanner"],
            value_parser = FalseyValueParser::new(),
            env = "PALISADE_TOKEN_APPROVAL"
        )]
        approval: bool,
        /// Labels of the clusters that join with it, as key=value with commas
        /// between
        #[arg(long, value_name = "LABELS", default_value = "", env = "PALISADE_TOKEN_LABELS")]
        labels: ClusterLabels,
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
        id: Uuid,
    },
}

/// How many tokens `list` shows, newest first.
const MOST_LISTED: u32 = 1_000;

pub(super) fn run(file: Option<&Path>, args: &TokenArgs) -> anyhow::Result<ExitCode> {
    let (TokenCommand::Create { config, .. }
    | TokenCommand::List { config }
    | TokenCommand::Revoke { config, .. }) = &args.command;
    let config = Config::read(file, config)?;
    super::runtime()?.block_on(async {
        let opened = Opened::beside(&config).await?;
        migrate::run(&opened.database).await?;
        let outcome = execute(&args.command, &config, &opened.database).await;
        opened.close().await;
        outcome.map(|()| ExitCode::SUCCESS)
    })
}

async fn execute(
    command: &TokenCommand,
    config: &Config,
    database: &Database,
) -> anyhow::Result<()> {
    let clock = SystemClock::shared();
    match command {
        TokenCommand::Create { uses, ttl, home, scanner, approval, labels, .. } => {
            let life = TimeDelta::from_std(duration::parse(ttl)?)?;
            // Of flags this is known already; the file may say more than one.
            ensure!(
                u8::from(*home) + u8::from(*scanner) + u8::from(*approval) <= 1,
                "home, scanner and approval exclude each other"
            );
            let kind = match (home, scanner) {
                (true, _) => MemberKind::Home,
                (_, true) => MemberKind::Scanner,
                _ => MemberKind::Remote,
            };
            let (approval, labels) = (*approval, labels.clone());
            let request = TokenRequest { uses: *uses, life, kind, approval, labels };
            create(config, database, &clock, request).await
        }
        TokenCommand::List { .. } => {
            let tokens = store::token::list(&mut *database.acquire().await?, MOST_LISTED).await?;
            print(&tokens, clock.now())
        }
        TokenCommand::Revoke { id, .. } => {
            let mut tx = database.begin().await?;
            token::revoke(&mut tx, &actor(), *id, clock.now()).await?;
            Ok(tx.commit().await.map_err(StoreError::from)?)
        }
    }
}

async fn create(
    config: &Config,
    database: &Database,
    clock: &SharedClock,
    request: TokenRequest,
) -> anyhow::Result<()> {
    let sealer = Arc::new(authority::sealer(config)?);
    let trust = Trust::open(config, database, &sealer, clock).await?;
    let mut tx = database.begin().await?;
    let federation = store::federation::get(&mut tx).await?;
    let address = address::federation_address(config, &federation);
    let made = token::create(&mut tx, &trust, &actor(), request, address, clock.now()).await?;
    tx.commit().await.map_err(StoreError::from)?;
    // The token alone on standard output, so that scripts can take it.
    writeln!(std::io::stdout(), "{}", made.text.expose_secret())?;
    eprintln!("token {} is valid until {}", made.id.simple(), text(made.expires_at));
    Ok(())
}

fn print(tokens: &[Token], now: DateTime<Utc>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:32}  {:9}  {:>11}  {:7}  {:20}  BY", "ID", "STATE", "USES", "FOR", "EXPIRES")?;
    for token in tokens {
        let state = if token.revoked_at.is_some() {
            "revoked"
        } else if token.expires_at <= now {
            "expired"
        } else if token.uses >= token.max_uses {
            "used up"
        } else {
            "valid"
        };
        writeln!(
            out,
            "{:32}  {state:9}  {:>11}  {:7}  {:20}  {}",
            token.id.simple(),
            format!("{}/{}", token.uses, token.max_uses),
            token.kind.as_str(),
            text(token.expires_at),
            token.created_by,
        )?;
    }
    Ok(())
}

fn text(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn actor() -> Actor {
    Actor::new("command line", "")
}
