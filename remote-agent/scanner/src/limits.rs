//! Bounds that keep a hostile image from exhausting the machine.

use std::time::Duration;

/// Bounds on one scan. The defaults fit every image that real builders make.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a manifest or index.
    pub manifest_bytes: u64,
    /// Bytes of an image's configuration.
    pub config_bytes: u64,
    /// Layers of an image.
    pub layers: usize,
    /// Compressed bytes of one layer, as announced by the manifest.
    pub layer_bytes: u64,
    /// Unpacked bytes of one layer.
    pub unpacked_bytes: u64,
    /// Unpacked bytes of a layer that are free of the ratio below.
    pub ratio_free_bytes: u64,
    /// Unpacked bytes for each compressed byte, beyond the free ones.
    pub ratio: u64,
    /// Entries of one layer.
    pub entries: u64,
    /// Bytes of an extended header (long names, PAX records).
    pub extended_header_bytes: u64,
    /// Bytes of one file that is read as a whole.
    pub file_bytes: u64,
    /// Bytes of a package database: those of rpm hold all that is known of
    /// every package.
    pub database_bytes: u64,
    /// Packages of one layer, and of all layers of an image on top of each other.
    pub packages: usize,
    /// Duration of the whole scan of one image.
    pub duration: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            manifest_bytes: 4 * MIB,
            config_bytes: 8 * MIB,
            layers: 512,
            layer_bytes: 64 * 1024 * MIB,
            unpacked_bytes: 32 * 1024 * MIB,
            ratio_free_bytes: 2 * 1024 * MIB,
            ratio: 100,
            entries: 4_000_000,
            extended_header_bytes: MIB,
            file_bytes: 32 * MIB,
            database_bytes: 256 * MIB,
            packages: 100_000,
            duration: Duration::from_mins(20),
        }
    }
}
