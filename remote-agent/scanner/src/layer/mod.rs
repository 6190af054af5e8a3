//! Reading layers: one pass over the compressed stream, nothing unpacked.
//!
//! [`read`] is the pass, [`tree`] puts layers on top of each other.

mod content;
mod decompress;
mod meter;
mod path;
mod read;
mod tar_stream;
mod tree;

pub use content::{FileContent, LayerContent, Node};
pub(crate) use path::{link_target, normalise};
pub(crate) use read::{LayerIdentity, read};
pub(crate) use tar_stream::{TarError, TarStream};
pub use tree::Tree;
