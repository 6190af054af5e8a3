//! Registries that speak the distribution API of Docker and OCI.
//!
//! [`RegistryClient`] lists repositories and tags and gives
//! [`RegistryImage`]s, which are sources of a scan.

mod auth;
mod client;
mod error;
mod image;
mod list;
mod probe;
mod stream;

pub use client::{Credentials, RegistryAccess, RegistryClient};
pub use error::RegistryError;
pub use image::{RegistryImage, Resolved};
pub use probe::ProbeStep;
