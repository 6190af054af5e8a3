//! `palisade-agent run`.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use palisade_api::clock::SystemClock;

use crate::config::{Config, ConfigArgs};
use crate::{shutdown, telemetry};

#[derive(Args, Debug)]
pub(super) struct RunArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(file: Option<&Path>, args: &RunArgs) -> anyhow::Result<ExitCode> {
    let config = Config::read(file, &args.config)?;
    telemetry::log(config.log.parse()?)?;
    super::runtime()?.block_on(async {
        let shutdown = shutdown::Shutdown::new();
        shutdown::on_signal(&shutdown)?;
        crate::run::run(config, SystemClock::shared(), shutdown).await?;
        Ok(ExitCode::SUCCESS)
    })
}
