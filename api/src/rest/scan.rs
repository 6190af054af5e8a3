//! Registries, images and scan reports.

mod registry;
mod report;
mod scanner;
mod sigstore;

pub use registry::*;
pub use report::*;
pub use scanner::*;
pub use sigstore::*;
