//! Registries that speak the distribution API of Docker and OCI.
//!
//! [`RegistrySettings`] tell where one is and of which kind;
//! [`RegistryClient`] lists repositories and tags and gives
//! [`RegistryImage`]s, which are sources of a scan.

mod access;
mod auth;
mod challenge;
mod client;
mod error;
mod filter;
mod http;
mod image;
mod list;
mod machine;
mod newest;
mod patience;
mod probe;
mod product;
mod referrers;
mod stream;
mod tls;

pub use access::{Credentials, RegistryAccess};
pub use client::RegistryClient;
pub use error::RegistryError;
pub use filter::{BadFilter, Filter};
pub use image::{RegistryImage, Resolved};
pub use newest::newest;
pub(crate) use patience::asked_pause;
pub use patience::{Patience, RateLimit};
pub use probe::{ProbeAction, ProbeError, ProbeStep};
pub use product::{ArtifactoryMode, AwsAccess, RegistryKind, RegistrySettings, Tag};
pub use referrers::{Attachment, Referrer};
