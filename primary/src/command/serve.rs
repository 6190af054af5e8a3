//! `palisade-primary serve`.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use palisade_api::clock::SystemClock;

use crate::config::{Config, ConfigArgs};
use crate::{shutdown, telemetry};

#[derive(Args, Debug)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(file: Option<&Path>, args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let config = Config::read(file, &args.config)?;
    telemetry::log(config.log.parse()?)?;
    super::runtime()?.block_on(async {
        let shutdown = shutdown::Shutdown::new();
        shutdown::on_signal(&shutdown)?;
        crate::serve::run(config, SystemClock::shared(), shutdown).await?;
        Ok(ExitCode::SUCCESS)
    })
}
