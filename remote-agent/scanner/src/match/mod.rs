//! Whether a version is affected: one module an ecosystem's order.

pub mod apk;
pub mod dpkg;

use std::cmp::Ordering;

use crate::inspect::os::PackageFormat;

/// Compares two versions by the rules of `format`.
pub fn compare(format: PackageFormat, left: &str, right: &str) -> Ordering {
    match format {
        PackageFormat::Dpkg => dpkg::compare(left, right),
        PackageFormat::Apk => apk::compare(left, right),
    }
}
