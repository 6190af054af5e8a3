//! `palisade-primary openapi`: the document of the REST API.

use std::process::ExitCode;

use clap::Args;

use crate::http;

#[derive(Args, Debug)]
pub(super) struct OpenapiArgs {}

pub(super) fn run(_args: &OpenapiArgs) -> anyhow::Result<ExitCode> {
    print!("{}", http::openapi::text(&http::document()?)?);
    Ok(ExitCode::SUCCESS)
}
