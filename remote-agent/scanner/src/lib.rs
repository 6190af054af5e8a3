//! The scanner: images, packages, vulnerability database.
//!
//! Open [`scan`] for the whole of a scan, [`source`] for where images come
//! from, [`layer`] for how a layer is read, [`inspect`] for what is looked for,
//! [`vulndb`] for what it is held against, [`version`] for the order of versions
//! and [`report`] for what comes out.
//!
//! *Gotchas*: layers stream and are never held whole; what [`limits`] forbids
//! fails that image only. A layer is read once, by its digest, whatever
//! images hold it.

pub mod error;
pub mod inspect;
pub mod layer;
pub mod limits;
pub mod package;
pub mod report;
pub mod scan;
mod scope;
pub mod signature;
pub mod source;
pub mod version;
pub mod vulndb;

pub use error::{LayerLimit, ScanError, ScanOutcome};
pub use inspect::os::Distribution;
pub use layer::LayerContent;
pub use limits::Limits;
pub use package::{Ecosystem, LayeredPackage, Package};
pub use report::Report;
pub use scan::{Inventory, LayerCache, LayerStore, Target, TargetOptions};
pub use scope::{BrokenLayers, Scope};
pub use vulndb::VulnDb;
