//! Reading layers: one pass over the compressed stream, nothing unpacked.
//!
//! [`read`] is the pass, [`tree`] puts layers on top of each other.

mod collect;
mod content;
mod decompress;
mod meter;
mod path;
mod pax;
mod read;
mod sparse;
mod tar_stream;
mod tree;

pub(crate) use collect::Collector;
pub use content::{LayerContent, Node};
pub(crate) use decompress::{Decompressed, is_compressed};
pub(crate) use path::{child, normalise, shown, text};
pub(crate) use read::{LayerIdentity, read};
pub(crate) use tar_stream::{TarError, TarStream};
pub use tree::Tree;
