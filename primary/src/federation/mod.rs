//! The federation that this primary holds: its authority, the tokens that let
//! clusters join, the members, and promotion.
//!
//! Open [`membership`] for how a cluster joins, [`authority`] for what it is
//! trusted by, [`token`] for what lets it in.

pub mod address;
pub mod authority;
mod error;
pub mod membership;
pub mod promotion;
pub mod ticket;
pub mod token;

pub use authority::Trust;
pub use error::{FederationError, Result};
