//! Keeps the primary's copy of what this cluster has of its own up to date, and
//! takes it back on a new disk.

use std::time::Duration;

use bytes::Bytes;
use palisade_api::Digest;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::{ConfigurationPart, FetchConfigurationRequest};
use palisade_api::rest::event::{level, name};
use palisade_controller::Controller;
use palisade_controller::configuration::ConfigurationError;
use palisade_controller::store::StoreError;
use thiserror::Error;
use tokio::sync::watch;
use tonic::transport::Channel;
use tracing::{debug, info, warn};

use super::handle::decompress;

/// Changes that come together are told together.
const SETTLE: Duration = Duration::from_millis(500);
/// The pause after an attempt that failed.
const AGAIN: Duration = Duration::from_secs(15);
/// Parts of this size are sent.
const PART: usize = 16 * 1024;
/// More is not taken from the primary, compressed.
const MOST_PACKED_BYTES: usize = 4 << 20;

#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the primary says: {}", .0.message())]
    Primary(#[from] tonic::Status),
    #[error("what the primary keeps is no configuration")]
    Unreadable,
    #[error("it could not be compressed: {0}")]
    Packing(#[from] std::io::Error),
}

/// Runs for as long as the link. `told` is the digest of what the primary keeps,
/// empty for nothing; none where it did not say.
pub(super) async fn keep(controller: Controller, channel: Channel, told: Option<Bytes>) -> String {
    let mut changes = controller.store().own_changes();
    let mut kept = match told {
        Some(digest) => Kept::of(Digest::try_from(digest.as_ref()).ok()),
        None => Kept::Unknown,
    };
    let mut refused = false;
    loop {
        let done = match meet(&controller, &channel, &mut kept).await {
            Ok(()) => true,
            Err(Failure::Primary(status)) if status.code() == tonic::Code::Unimplemented => {
                debug!("the primary keeps no configurations of its members");
                return std::future::pending().await;
            }
            Err(Failure::Primary(status)) if status.code() == tonic::Code::InvalidArgument => {
                // The same is refused again: the next change may be taken.
                let why = status.message();
                warn!(why, "the primary does not keep this cluster's configuration");
                if !std::mem::replace(&mut refused, true) {
                    let text = format!(
                        "The primary does not keep what this cluster has of its own, and could \
                         not give it back after a loss of the disks: {why}."
                    );
                    let event = name::AGENT_CONFIGURATION_REFUSED;
                    controller.note_federation_at(event, level::WARNING, &text).await;
                }
                true
            }
            Err(error) => {
                warn!(%error, "the primary's copy of this cluster's configuration is not renewed");
                false
            }
        };
        if !wait(&mut changes, done).await {
            return "the store is closed".to_owned();
        }
    }
}

/// What the primary keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// It did not say, as its database was away.
    Unknown,
    Nothing,
    This(Digest),
}

impl Kept {
    fn of(digest: Option<Digest>) -> Self {
        digest.map_or(Self::Nothing, Self::This)
    }
}

/// Waits for a change, or where something is due for a while.
async fn wait(changes: &mut watch::Receiver<u64>, done: bool) -> bool {
    if !done {
        tokio::time::sleep(AGAIN).await;
        return true;
    }
    if changes.changed().await.is_err() {
        return false;
    }
    tokio::time::sleep(SETTLE).await;
    changes.mark_unchanged();
    true
}

/// Makes both sides have the same, beginning with a new disk, which has nothing.
async fn meet(controller: &Controller, channel: &Channel, kept: &mut Kept) -> Result<(), Failure> {
    let sent = controller.configuration_sent().await?;
    if sent.is_none()
        && *kept != Kept::Nothing
        && let Some(json) = fetch(channel).await?
    {
        let restored = controller.configuration_restore(&json).await?;
        let newest = Digest::of(json.as_bytes());
        controller.configuration_note_sent(newest).await?;
        *kept = Kept::This(newest);
        info!(restored, "this cluster got its own configuration back");
        let text = format!("This cluster got {restored} rules and settings of its own back.");
        let event = name::AGENT_CONFIGURATION_RESTORED;
        controller.note_federation_at(event, level::NOTICE, &text).await;
    }
    let json = controller.configuration().await?;
    let present = Digest::of(json.as_bytes());
    if let (Some(sent), Kept::This(newest)) = (sent, *kept)
        && sent != newest
        && present != newest
    {
        warn!("the primary has had a newer configuration of this cluster than is here");
        let text = "The data folder of this agent is older than what the primary has had from it: \
                    was it restored from a copy? What is here counts; the primary keeps the \
                    newer configuration as an earlier revision.";
        controller.note_federation_at(name::AGENT_DATA_OLD, level::WARNING, text).await;
    }
    if *kept != Kept::This(present) {
        store(channel, &json).await?;
        *kept = Kept::This(present);
    }
    if sent != Some(present) {
        controller.configuration_note_sent(present).await?;
    }
    Ok(())
}

/// What the primary keeps; none where that is nothing.
async fn fetch(channel: &Channel) -> Result<Option<String>, Failure> {
    let mut link = LinkClient::new(channel.clone());
    let mut parts = match link.fetch_configuration(FetchConfigurationRequest {}).await {
        Ok(answer) => answer.into_inner(),
        Err(status) if status.code() == tonic::Code::NotFound => return Ok(None),
        Err(status) => return Err(status.into()),
    };
    let mut packed = Vec::new();
    while let Some(part) = parts.message().await? {
        packed.extend_from_slice(&part.chunk);
        if packed.len() > MOST_PACKED_BYTES {
            return Err(Failure::Unreadable);
        }
    }
    let reading = tokio::task::spawn_blocking(move || decompress(&packed));
    let json = reading.await.map_err(|_| Failure::Unreadable)?.map_err(|_| Failure::Unreadable)?;
    String::from_utf8(json.to_vec()).map(Some).map_err(|_| Failure::Unreadable)
}

async fn store(channel: &Channel, json: &str) -> Result<(), Failure> {
    let mut rest = Bytes::from(zstd::encode_all(json.as_bytes(), 0)?);
    let mut parts = Vec::new();
    while !rest.is_empty() {
        parts.push(ConfigurationPart { chunk: rest.split_to(PART.min(rest.len())) });
    }
    let mut link = LinkClient::new(channel.clone());
    link.store_configuration(tokio_stream::iter(parts)).await?;
    Ok(())
}
