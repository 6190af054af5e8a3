//! An agent's connection to its primary.

mod alert;
mod connect;
mod error;
mod pin;

pub use connect::{PrimaryAddress, PrimaryConnection, Trust, connect};
pub use error::ConnectError;
