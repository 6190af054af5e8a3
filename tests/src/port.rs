//! Ports that a program listened on before and will again.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Result;

use crate::wait;

/// Connections of other tests end sooner.
const WITHIN: Duration = Duration::from_mins(1);

/// Waits until nobody has these addresses. While a program is down, the system may
/// lend its port to a connection of another one.
pub(crate) async fn until_free(addresses: impl IntoIterator<Item = SocketAddr>) -> Result<()> {
    for address in addresses {
        let what = format!("{address} is free");
        wait::until_within(&what, WITHIN, || async move {
            let taken = TcpListener::bind(address).err();
            Ok(wait::when(taken.is_none_or(|error| error.kind() != ErrorKind::AddrInUse)))
        })
        .await?;
    }
    Ok(())
}
