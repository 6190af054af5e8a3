//! What was read of layers, kept in the database for all replicas.

use async_trait::async_trait;
use palisade_api::Digest;
use palisade_scanner::{LayerContent, LayerStore};
use tracing::debug;
use uuid::Uuid;

use super::report::{pack, unpack};
use crate::store::{self, Database, StoreError};

/// Bytes of one layer that are kept. One that tells more is read each time.
const MOST_BYTES: usize = 16 << 20;

/// The layers that this replica's scans share with others.
#[derive(Debug)]
pub(super) struct SharedLayers {
    pub(super) database: Database,
    /// Whose hits and misses these are.
    pub(super) replica: Uuid,
}

#[async_trait]
impl LayerStore for SharedLayers {
    async fn get(&self, layer: Digest) -> Option<LayerContent> {
        let found = async {
            let mut conn = self.database.acquire().await?;
            let body = store::layer::take(&mut conn, layer, LayerContent::FORMAT).await?;
            store::scanner::looked_up(&mut conn, self.replica, body.is_some()).await?;
            Ok::<_, StoreError>(body)
        };
        let body = match found.await {
            Ok(body) => body?,
            Err(error) => {
                debug!(%layer, %error, "cannot look for what is known of a layer");
                return None;
            }
        };
        match tokio::task::spawn_blocking(move || unpack(&body)).await {
            Ok(Ok(content)) => Some(content),
            Ok(Err(error)) => {
                debug!(%layer, %error, "what is known of a layer cannot be read");
                None
            }
            // This program is shutting down.
            Err(_) => None,
        }
    }

    async fn put(&self, layer: Digest, content: &LayerContent) {
        let content = content.clone();
        let packed = match tokio::task::spawn_blocking(move || pack(&content)).await {
            Ok(Ok(packed)) if packed.len() <= MOST_BYTES => packed,
            Ok(Err(error)) => return debug!(%layer, %error, "a layer cannot be kept"),
            Ok(Ok(_)) | Err(_) => return,
        };
        let kept = async {
            let mut conn = self.database.acquire().await?;
            store::layer::put(&mut conn, layer, LayerContent::FORMAT, &packed).await
        };
        if let Err(error) = kept.await {
            debug!(%layer, %error, "a layer cannot be kept");
        }
    }
}
