//! What members have of their own: local rules and settings, as they send them.
//! The primary keeps the newest revisions, and reads nothing out of them.

use std::io::Read as _;

use palisade_api::{ClusterId, Digest};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use super::{FederationError, Result};
use crate::App;
use crate::store::configuration::NewConfiguration;
use crate::store::{self, StoreError};

/// The largest configuration, compressed and not: a cluster may have learned thousands
/// of groups with their profiles and rules.
pub const MOST_PACKED_BYTES: usize = 4 << 20;
const MOST_BYTES: usize = 32 << 20;
/// Configurations that are unpacked at a time: what members send must not fill the memory.
static UNPACKING: Semaphore = Semaphore::const_new(2);
/// Revisions that are kept of each member.
const KEPT: i64 = 10;

/// Stores what a member sent, which is no more than [`MOST_PACKED_BYTES`].
/// Returns its digest.
pub async fn put(app: &App, member: ClusterId, packed: Vec<u8>) -> Result<Digest> {
    // It is never closed.
    let turn = UNPACKING.acquire().await.map_err(|_| invalid("nothing is read any more"))?;
    let reading = tokio::task::spawn_blocking(move || {
        let json = unpack(&packed)?;
        Ok::<_, FederationError>((Digest::of(json.as_bytes()), json.len(), packed))
    });
    let (digest, size, body) = reading.await.map_err(|_| invalid("it could not be read"))??;
    drop(turn);
    let mut tx = app.database.begin().await?;
    let new = NewConfiguration { digest, size, body: &body };
    store::configuration::put(&mut tx, member, new, KEPT, app.clock.now()).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(digest)
}

/// The JSON of a stored or sent configuration, bounded and valid.
pub fn unpack(packed: &[u8]) -> Result<String> {
    let mut text = String::new();
    let mut decoder = zstd::Decoder::new(packed)
        .map_err(|_| invalid("it is not compressed"))?
        .take(MOST_BYTES as u64 + 1);
    decoder.read_to_string(&mut text).map_err(|_| invalid("it is damaged"))?;
    if text.len() > MOST_BYTES {
        return Err(invalid("it is too large"));
    }
    serde_json::from_str::<&RawValue>(&text).map_err(|_| invalid("it is not JSON"))?;
    Ok(text)
}

fn invalid(why: &str) -> FederationError {
    FederationError::InvalidValue(format!("the configuration cannot be kept: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        zstd::encode_all(text, 1).unwrap()
    }

    #[test]
    fn only_json_within_bounds_is_kept() {
        assert_eq!(unpack(&packed(br#"{"a": 1}"#)).unwrap(), r#"{"a": 1}"#);
        let bomb = format!("\"{}\"", "x".repeat(MOST_BYTES));
        for bad in [packed(b"{"), packed(bomb.as_bytes()), packed(&[0xff]), b"{}".to_vec()] {
            assert!(unpack(&bad).is_err());
        }
    }
}
