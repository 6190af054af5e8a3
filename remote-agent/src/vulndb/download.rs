//! Fetching the primary's database: what is there of it already is not
//! fetched again.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::{FetchVulndbRequest, VulndbOffer};
use thiserror::Error;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use tonic::transport::Channel;

/// How long the primary may take for one part.
const STALL: Duration = Duration::from_mins(1);
/// Parts are smaller.
const MOST_PART_BYTES: usize = 1 << 20;

/// A download that did not come to its end. What came stays for the next try.
#[derive(Debug, Error)]
pub(super) enum DownloadError {
    /// The primary or the way to it fails, or many agents ask at once.
    #[error("the primary: {0}")]
    Primary(String),
    /// More came than was told.
    #[error("the primary sends more than the {0} bytes that it told")]
    TooLong(u64),
    /// The file cannot be written.
    #[error("cannot keep it: {0}")]
    File(#[from] io::Error),
}

/// Fetches what is missing of `partial`. Gives whether something of it was
/// there before.
pub(super) async fn fetch(
    channel: Channel,
    offer: &VulndbOffer,
    partial: &Path,
) -> Result<bool, DownloadError> {
    let mut file = OpenOptions::new().create(true).append(true).open(partial).await?;
    let mut there = file.metadata().await?.len();
    if there > offer.size {
        file.set_len(0).await?;
        there = 0;
    }
    let resumed = there > 0;
    if there < offer.size {
        let fetched = parts(channel, offer, there, &mut file).await;
        // Of a download that broke off the next try can use this.
        file.flush().await?;
        file.sync_all().await?;
        fetched?;
    }
    Ok(resumed)
}

async fn parts(
    channel: Channel,
    offer: &VulndbOffer,
    mut there: u64,
    file: &mut File,
) -> Result<(), DownloadError> {
    let failed = |status: tonic::Status| DownloadError::Primary(status.message().to_owned());
    let stalled = |_| DownloadError::Primary("it sends nothing any more".to_owned());
    let request = FetchVulndbRequest { digest: offer.digest.clone(), offset: there };
    let mut link = LinkClient::new(channel).max_decoding_message_size(MOST_PART_BYTES);
    let opened = tokio::time::timeout(STALL, link.fetch_vulndb(request)).await;
    let mut parts = opened.map_err(stalled)?.map_err(failed)?.into_inner();
    loop {
        let part = tokio::time::timeout(STALL, parts.message()).await.map_err(stalled)?;
        let Some(part) = part.map_err(failed)? else { break };
        let chunk: Bytes = part.chunk;
        there += chunk.len() as u64;
        if there > offer.size {
            file.set_len(0).await?;
            return Err(DownloadError::TooLong(offer.size));
        }
        file.write_all(&chunk).await?;
        metrics::counter!("palisade_agent_vulndb_fetched_bytes_total")
            .increment(chunk.len() as u64);
    }
    if there < offer.size {
        return Err(DownloadError::Primary(format!("it ended after {there} bytes")));
    }
    Ok(())
}

/// Removes what is left of downloads of other databases.
pub(super) fn tidy(folder: &Path, keep: Option<&Path>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let partial = path.extension().is_some_and(|ending| ending == super::PARTIAL);
        if partial && Some(path.as_path()) != keep {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
