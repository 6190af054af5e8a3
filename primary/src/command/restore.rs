//! `palisade-primary restore`: a backup into an empty database.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use chrono::{SecondsFormat, Utc};
use clap::Args;
use clap::builder::FalseyValueParser;
use sqlx::Connection as _;

use crate::config::{Config, ConfigArgs};
use crate::federation::authority::{self, SEALING_KEY_FILE};
use crate::store::backup::Manifest;
use crate::store::backup::load::{self, Frames};
use crate::store::{Database, Opened};

#[derive(Args, Debug)]
pub(super) struct RestoreArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The backup, or - for standard input
    #[arg(long = "in", value_name = "FILE", env = "PALISADE_RESTORE_IN")]
    input: PathBuf,
    /// Read the backup and verify it, restore nothing
    #[arg(long, value_parser = FalseyValueParser::new(), env = "PALISADE_RESTORE_CHECK")]
    check: bool,
}

pub(super) fn run(file: Option<&Path>, args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    let config = Config::read(file, &args.config)?;
    let input: Box<dyn Read + Send> = if args.input.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        let path = args.input.display();
        Box::new(File::open(&args.input).with_context(|| format!("cannot read {path}"))?)
    };
    super::runtime()?.block_on(async {
        if args.check {
            tell("the backup is whole", &load::check(Frames::of(input)).await?);
            return Ok(ExitCode::SUCCESS);
        }
        let mut folder = std::fs::DirBuilder::new();
        folder.recursive(true).mode(0o700).create(&config.data_dir).with_context(|| {
            format!("cannot create the data folder {}", config.data_dir.display())
        })?;
        let key = config.data_dir.join(SEALING_KEY_FILE);
        ensure!(
            config.sealing_key.is_some() || key.exists(),
            "what is sealed in the backup needs the sealing key of then: put it into {} or \
             PALISADE_SEALING_KEY",
            key.display()
        );
        // A primary that runs on the data folder is in the way.
        let opened = Opened::serving(&config).await?;
        let restored = restore(&config, &opened.database, Frames::of(input)).await;
        opened.close().await;
        tell("restored", &restored?);
        eprintln!(
            "join tokens and sessions of then are void; members synchronise anew by themselves"
        );
        Ok(ExitCode::SUCCESS)
    })
}

async fn restore(config: &Config, database: &Database, frames: Frames) -> anyhow::Result<Manifest> {
    let mut conn = load::connect(database).await?;
    let mut tx = conn.begin().await?;
    let manifest = load::load(&mut tx, frames, Utc::now()).await?;
    let sealer = authority::sealer(config)?;
    authority::require_opened_by(&mut tx, &sealer)
        .await
        .context("the sealing key is not the one of the backup; nothing was restored")?;
    tx.commit().await?;
    load::close(conn).await?;
    Ok(manifest)
}

fn tell(what: &str, manifest: &Manifest) {
    eprintln!(
        "{what}: of {}, revision {}, written by palisade-primary {}",
        manifest.made_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        manifest.revision,
        manifest.version
    );
}
