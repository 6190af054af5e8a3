//! Registries, images and scan reports.
