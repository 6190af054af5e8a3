//! Who calls, and what they may do: passwords, session tokens, roles and
//! permissions, for the primary and for the agent's own REST API.
//!
//! Open [`role`] for what each role may do, [`route_access`] for what each
//! path needs, [`password`] and [`session_token`] for the two proofs of
//! identity. Users and sessions themselves are stored by the programs.

pub mod caller;
pub mod password;
pub mod permission;
pub mod role;
pub mod route_access;
pub mod secret;
pub mod session_token;

pub use caller::Caller;
pub use password::{PasswordError, PasswordHash, Passwords};
pub use permission::{Access, Permission};
pub use role::Role;
pub use route_access::{Need, Required};
pub use session_token::{SessionClaims, SessionId, SessionKey, SessionKeyError};
