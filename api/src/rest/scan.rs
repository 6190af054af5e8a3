//! Registries, images, scan reports, and scans of what runs.

mod asset;
mod registry;
mod registry_v2;
mod report;
mod repository;
mod result;
mod scanner;
mod sigstore;

pub use asset::*;
pub use registry::*;
pub use registry_v2::*;
pub use report::*;
pub use repository::*;
pub use result::*;
pub use scanner::*;
pub use sigstore::*;
