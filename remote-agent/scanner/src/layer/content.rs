//! What one layer holds of interest. It depends on nothing but the layer, so
//! it can be kept by the layer's digest and used for every image.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;

use palisade_api::Digest;
use serde::{Deserialize, Serialize};

use super::LayerIdentity;
use crate::error::ScanError;
use crate::inspect::{Facts, PathHash};
use crate::limits::Limits;

/// What a layer changes, as far as a scan looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerContent {
    /// Files and links of interest by path, in normal form.
    pub nodes: BTreeMap<String, Node>,
    /// Paths that the layer removes from those below.
    pub removed: BTreeSet<String>,
    /// Folders whose content in the layers below is hidden.
    pub opaque: BTreeSet<String>,
    /// Files and links of no interest: they replace what lies at their path
    /// and below. Ordered.
    pub replaced: Vec<PathHash>,
    /// Folders: they replace a file or link at their path. Ordered.
    pub folders: Vec<PathHash>,
    /// What is wrong with entries that are not among the nodes, by path.
    pub problems: BTreeMap<String, String>,
    /// Entries seen.
    pub entries: u64,
    /// Bytes after decompression.
    pub unpacked: u64,
    /// Why the rest of the layer is not here, where it is broken and the scan
    /// goes on all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// One path of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Node {
    /// A symbolic link with its target as written.
    Link(String),
    /// A hard link to a file that no entry of this layer before it is, by its
    /// path in normal form: a layer below may hold it.
    HardLink(String),
    /// A file that tells something.
    File(Arc<Facts>),
    /// A folder with the bits of setuid or setgid, by its permission bits. What lies in it is
    /// nodes of its own.
    Folder(u32),
}

impl Node {
    /// How much memory it takes at `path`, in units of some 200 bytes.
    pub(super) fn weight(&self, path: &str) -> usize {
        let of_itself = match self {
            Self::File(facts) => facts.weight(),
            Self::Link(target) | Self::HardLink(target) => weight_of(target),
            Self::Folder(_) => 1,
        };
        of_itself + path.len() / 200
    }
}

/// How much memory a path takes that is kept by itself.
pub(super) fn weight_of(path: &str) -> usize {
    1 + path.len() / 200
}

impl LayerContent {
    /// Grows when more or other things are read of layers: what somebody kept
    /// of an older number is then to be read again.
    pub const FORMAT: i32 = 10;

    /// Of a broken layer: what was read of it before.
    pub(crate) fn broken(self, error: &ScanError) -> Self {
        Self { broken: Some(error.to_string()), ..self }
    }

    /// Reads the stream of a layer whose digest nobody told.
    pub fn read(source: impl Read, limits: &Limits) -> Result<Self, ScanError> {
        let digest = Digest::of(&[]);
        let layer = LayerIdentity { digest, size: None, verify: false };
        super::read(source, layer, &limits.clone().into())
    }

    /// Whether it changes nothing that a scan looks at, whatever lies below.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
            && self.removed.is_empty()
            && self.opaque.is_empty()
            && self.replaced.is_empty()
            && self.folders.is_empty()
            && self.problems.is_empty()
            && self.broken.is_none()
    }

    /// The targets of hard links that a layer below may hold.
    pub(super) fn hard_links(&self) -> impl Iterator<Item = &str> {
        self.nodes.values().filter_map(|node| match node {
            Node::HardLink(target) => Some(target.as_str()),
            Node::Link(_) | Node::File(_) | Node::Folder(_) => None,
        })
    }

    /// How much memory it takes, in units of some 200 bytes.
    pub(crate) fn weight(&self) -> usize {
        let nodes = self.nodes.iter().map(|(path, node)| node.weight(path));
        let paths = self.removed.iter().chain(&self.opaque).chain(self.problems.keys());
        4 + nodes.sum::<usize>()
            + paths.map(|path| weight_of(path)).sum::<usize>()
            + (self.replaced.len() + self.folders.len()) / 25
    }
}
