//! What one layer holds of interest. It depends on nothing but the layer, so
//! it can be kept by the layer's digest and used for every image.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::os::Package;

/// What a layer changes, as far as a scan looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerContent {
    /// Files, links and folders by path, in normal form.
    pub nodes: BTreeMap<String, Node>,
    /// Paths that the layer removes from those below.
    pub removed: BTreeSet<String>,
    /// Folders whose content in the layers below is hidden.
    pub opaque: BTreeSet<String>,
    /// Entries seen.
    pub entries: u64,
    /// Bytes after decompression.
    pub unpacked: u64,
}

/// One path of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Node {
    /// A folder.
    Folder,
    /// A symbolic link with its target as written.
    Link(String),
    /// A file.
    File(FileContent),
}

/// A file, as far as it was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileContent {
    /// Text that tells the operating system.
    Release(String),
    /// The packages of a package database.
    Packages(Vec<Package>),
    /// A file of no interest where a folder or link may have been before.
    Other,
}
