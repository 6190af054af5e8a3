//! Registries, images and scan reports.

mod registry;
mod report;
mod scanner;

pub use registry::*;
pub use report::*;
pub use scanner::*;
