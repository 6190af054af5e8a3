//! Registries, images, scan reports, and scans of what runs.

mod asset;
mod registry;
mod report;
mod scanner;
mod sigstore;

pub use asset::*;
pub use registry::*;
pub use report::*;
pub use scanner::*;
pub use sigstore::*;
