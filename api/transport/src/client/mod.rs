//! Connections to others: an agent's to its primary, and TLS to foreign servers.

mod alert;
mod connect;
mod error;
mod outgoing;
mod pin;
mod proxy;

pub use connect::{PrimaryAddress, PrimaryConnection, Trust, connect, connect_through};
pub use error::ConnectError;
pub use outgoing::{OutgoingTlsError, outgoing_tls};
pub use proxy::{NotAProxy, ProxyAddress};
