//! What a cluster that left by force still owes its former primary: to say so, as
//! soon as that is in reach again.

use std::path::Path;

use palisade_transport::backoff::Backoff;
use palisade_transport::client::{ConnectError, PrimaryAddress, Trust, connect_through};
use palisade_transport::identity::{IdentityError, MemberIdentity};
use tracing::{debug, info, warn};

use super::LinkHandle;
use crate::enrol::{self, EnrolError};

/// Holds the identity of the membership that was left.
const FOLDER: &str = "left";

/// Keeps the identity, to say farewell by it later.
pub(super) fn put_off(identity: &MemberIdentity, data_dir: &Path) -> Result<(), IdentityError> {
    let path = data_dir.join(FOLDER);
    match std::fs::create_dir(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(IdentityError::File { path, source });
        }
        _ => {}
    }
    identity.store(&path)
}

/// Says farewell where that was put off, however long it takes; ends when that
/// is done, or of no use any more.
pub(super) async fn say(handle: &LinkHandle) {
    let folder = handle.data_dir().join(FOLDER);
    let identity = match MemberIdentity::load(&folder) {
        Ok(Some(identity)) => identity,
        Ok(None) => return,
        Err(error) => {
            warn!(%error, "the former primary cannot be told that this cluster left");
            return;
        }
    };
    let mut backoff = Backoff::default();
    loop {
        match try_once(handle, &identity).await {
            Ok(()) => info!("the former primary knows that this cluster left"),
            // It knows already, or takes no word from this cluster any more.
            Err(
                EnrolError::Refused { .. }
                | EnrolError::Connect(
                    ConnectError::Revoked
                    | ConnectError::OwnCertificateExpired
                    | ConnectError::OwnCertificateRefused { .. },
                ),
            ) => {}
            // Nobody takes the identity any more, whoever answers there.
            Err(_) if identity.validity().not_after < handle.clock().now() => {}
            Err(error) => {
                debug!(%error, "the former primary is not told yet that this cluster left");
                let pause = backoff.next(&mut rand::rng());
                tokio::time::sleep(pause).await;
                continue;
            }
        }
        if let Err(error) = MemberIdentity::forget(&folder) {
            warn!(%error, "the identity of a former membership could not be removed");
        }
        return;
    }
}

async fn try_once(handle: &LinkHandle, identity: &MemberIdentity) -> Result<(), EnrolError> {
    let address = &identity.membership().primary_address;
    let address: PrimaryAddress =
        address.parse().map_err(|_| EnrolError::Answer("its address is none"))?;
    let connection = connect_through(&address, Trust::Member(identity), handle.proxy()).await?;
    enrol::leave(&connection, true).await
}
