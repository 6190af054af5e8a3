//! Registries, images and scan reports.

mod registry;
mod report;

pub use registry::*;
pub use report::*;
