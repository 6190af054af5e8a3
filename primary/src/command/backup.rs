//! `palisade-primary backup`: the whole database in one file.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::Utc;
use clap::Args;

use crate::config::{Config, ConfigArgs};
use crate::store::backup::dump::{Summary, dump};
use crate::store::{Opened, migrate};

#[derive(Args, Debug)]
pub(super) struct BackupArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The file to write, or - for standard output
    #[arg(long, value_name = "FILE", env = "PALISADE_BACKUP_OUT")]
    out: PathBuf,
}

pub(super) fn run(file: Option<&Path>, args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let config = Config::read(file, &args.config)?;
    super::runtime()?.block_on(async {
        let opened = Opened::beside(&config).await?;
        migrate::run(&opened.database).await?;
        let written = if args.out.as_os_str() == "-" {
            let (mut out, summary) = dump(&opened.database, io::stdout(), Utc::now()).await?;
            out.flush().context("cannot write to standard output")?;
            Ok(summary)
        } else {
            to_file(&opened, &args.out).await
        };
        opened.close().await;
        let summary = written?;
        eprintln!(
            "backed up {} rows of {} tables at revision {}; the sealing key is not in it",
            summary.rows, summary.tables, summary.manifest.revision
        );
        Ok(ExitCode::SUCCESS)
    })
}

/// Writes aside and renames: a file of that name is always whole. Password
/// hashes are in it, so it is for its owner alone.
async fn to_file(opened: &Opened, path: &Path) -> anyhow::Result<Summary> {
    let cannot = || format!("cannot write {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let aside = tempfile::Builder::new()
        .prefix(".palisade-backup-")
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .with_context(cannot)?;
    let (aside, summary) = dump(&opened.database, aside, Utc::now()).await?;
    aside.as_file().sync_all().with_context(cannot)?;
    aside.persist(path).with_context(cannot)?;
    Ok(summary)
}
