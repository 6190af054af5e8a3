//! `palisade-primary openapi`: the document of the REST API.

use std::process::ExitCode;

use clap::Args;

#[derive(Args, Debug)]
pub(super) struct OpenapiArgs {}

pub(super) fn run(args: &OpenapiArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("the document is not served by this build: {args:?}")
}
