//! Ports that a program will listen on: again, or for the first time.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::net::TcpSocket;

use crate::wait;

/// Connections of other tests end sooner, and the system forgets them a minute
/// later.
const WITHIN: Duration = Duration::from_mins(2);

/// Addresses that the system lends to nobody, while who names one may still listen
/// there.
///
/// While a program is down, the system may lend its port to a connection of another
/// one, and a program listens only a while after its start.
#[must_use]
#[derive(Debug)]
pub(crate) struct Reserved {
    _sockets: Vec<TcpSocket>,
}

impl Reserved {
    /// Waits until nobody has these addresses, and reserves them.
    pub(crate) async fn of(addresses: impl IntoIterator<Item = SocketAddr>) -> Result<Self> {
        let mut sockets = Vec::new();
        for address in addresses {
            let what = format!("{address} is free");
            let socket =
                wait::until_within(&what, WITHIN, || async move { reserve(address) }).await?;
            sockets.push(socket);
        }
        Ok(Self { _sockets: sockets })
    }
}

/// A loopback address for a program that cannot say which one it took. While this lives,
/// nobody else gets it, and where the program does not listen, connections are refused.
#[derive(Debug)]
pub struct FreeAddress {
    address: SocketAddr,
    _socket: TcpSocket,
}

impl FreeAddress {
    /// Takes one that nobody has.
    pub fn take() -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        Ok(Self { address: socket.local_addr()?, _socket: socket })
    }

    /// The address.
    pub fn get(&self) -> SocketAddr {
        self.address
    }
}

/// A socket that has the address without listening: others may bind it by its
/// name, when they allow to share it as listeners do, but get it for no connection.
fn reserve(address: SocketAddr) -> Result<Option<TcpSocket>> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    match socket.bind(address) {
        Ok(()) => Ok(Some(socket)),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(None),
        Err(error) => Err(error.into()),
    }
}
