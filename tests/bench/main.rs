//! The measured promises. `make bench` builds everything in release and runs
//! this: it prints a table and writes `bench/results.json`. Names as arguments
//! choose parts: `make bench PARTS="edits scan"`.

mod admission;
mod edits;
mod federation;
mod figures;
mod first_sync;
mod logins;
mod processes;
mod questions;
mod rematch;
mod scan;
mod vulndb;

use anyhow::Result;

use figures::Figures;

fn main() -> Result<()> {
    palisade_tests::install_tls_provider();
    let chosen: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let chosen = |part: &str| chosen.is_empty() || chosen.iter().any(|name| name == part);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut figures = Figures::default();
    runtime.block_on(async {
        if chosen("edits") {
            edits::measure(&mut figures).await?;
        }
        if chosen("federation") {
            federation::measure(&mut figures).await?;
        }
        if chosen("first_sync") {
            first_sync::measure(&mut figures).await?;
        }
        if chosen("logins") {
            logins::measure(&mut figures).await?;
        }
        if chosen("scan") {
            scan::measure(&mut figures).await?;
        }
        if chosen("vulndb") {
            vulndb::measure(&mut figures).await?;
        }
        if chosen("rematch") {
            rematch::measure(&mut figures).await?;
        }
        if chosen("questions") {
            questions::measure(&mut figures).await?;
        }
        if chosen("admission") {
            admission::measure(&mut figures).await?;
        }
        anyhow::Ok(())
    })?;
    figures.publish()
}
