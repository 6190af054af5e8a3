//! A member's own configuration, kept for the day when it loses its disks.

use std::time::Duration;

use bytes::Bytes;
use palisade_api::federation::ConfigurationPart;
use palisade_api::{ClusterId, Code, Digest};
use tonic::{Status, Streaming};

use super::Messages;
use crate::App;
use crate::federation::FederationError;
use crate::federation::configuration::{self, MOST_PACKED_BYTES};
use crate::grpc::status;
use crate::store;

/// A configuration is sent in parts of this size.
const PART: usize = 16 * 1024;
/// How long a member may take to send one.
const MOST_TIME: Duration = Duration::from_secs(30);

/// Stores what the member sends, unless it does so too often.
pub(super) async fn keep(
    app: &App,
    cluster: ClusterId,
    mut parts: Streaming<ConfigurationPart>,
) -> Result<Digest, Status> {
    if !app.links.allowance(cluster).configuration() {
        return Err(Status::resource_exhausted("the configuration changes too often; wait"));
    }
    let receiving = async {
        let mut packed = Vec::new();
        while let Some(part) = parts.message().await? {
            packed.extend_from_slice(&part.chunk);
            if packed.len() > MOST_PACKED_BYTES {
                return Err(status(Code::InvalidRequest, "the configuration is too large"));
            }
        }
        Ok(packed)
    };
    let packed = tokio::time::timeout(MOST_TIME, receiving)
        .await
        .map_err(|_| Status::deadline_exceeded("the configuration did not arrive in time"))??;
    Ok(configuration::put(app, cluster, packed).await?)
}

/// Streams the newest configuration of the member.
pub(super) async fn fetch(
    app: &App,
    cluster: ClusterId,
) -> Result<Messages<ConfigurationPart>, Status> {
    let read = async {
        let mut conn = app.database.acquire().await?;
        store::configuration::body(&mut conn, cluster, None).await
    };
    let body = read.await.map_err(|error: store::StoreError| FederationError::from(error))?;
    let body = body.ok_or_else(|| {
        status(Code::ObjectNotFound, "the primary keeps no configuration of this cluster")
    })?;
    let mut rest = Bytes::from(body);
    let parts =
        std::iter::from_fn(move || (!rest.is_empty()).then(|| rest.split_to(PART.min(rest.len()))));
    Ok(Box::pin(futures_util::stream::iter(parts.map(|chunk| Ok(ConfigurationPart { chunk })))))
}
