//! The key that signs session tokens: one for all replicas, sealed in the
//! database.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_identity::SessionKey;
use palisade_transport::seal::Sealer;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::IdentityError;
use crate::store::{Database, StoreError, setting};

const SETTING: &str = "session_signing_key";
/// What the key is sealed for.
const PURPOSE: &str = "session signing key";

#[derive(Serialize, Deserialize)]
struct Stored {
    /// Goes into each token and is demanded back.
    installation: Uuid,
    /// Sealed PKCS#8 in base64.
    sealed: String,
}

/// Loads the key, or makes it once; of two replicas that start together both
/// end up with the key of the first.
pub(super) async fn load(
    database: &Database,
    sealer: &Sealer,
) -> Result<SessionKey, IdentityError> {
    let mut conn = database.acquire().await?;
    let stored = match setting::get::<Stored>(&mut conn, SETTING).await? {
        Some(stored) => stored,
        None => setting::put_once(&mut conn, SETTING, &make(sealer)?).await?,
    };
    let bytes = STANDARD
        .decode(&stored.sealed)
        .map_err(|error| StoreError::inconsistent("setting", format_args!("{SETTING}: {error}")))?;
    let pkcs8 = sealer.open(PURPOSE, &bytes)?;
    Ok(SessionKey::from_pkcs8(&pkcs8, stored.installation.to_string())?)
}

fn make(sealer: &Sealer) -> Result<Stored, IdentityError> {
    let pkcs8 = SessionKey::generate()?;
    let bytes = sealer.seal(PURPOSE, pkcs8.expose_secret())?;
    Ok(Stored { installation: Uuid::new_v4(), sealed: STANDARD.encode(bytes) })
}
