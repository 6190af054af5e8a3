//! The vulnerability database: one immutable file.
//!
//! [`build`] makes it from the files of upstream feeds, [`VulnDb`] reads it.
//! It is read in place by position, not mapped into memory: that needs no
//! `unsafe`, the page cache keeps what is hot, and a file that is cut off
//! under a running program gives an error instead of a signal.

mod build;
pub mod cvss;
pub mod ecosystem;
mod feed;
mod format;
mod open;
mod record;
pub mod update;

pub use build::{BuildError, BuildSummary, build};
pub use feed::{FeedKind, NoSource, SourceSpec};
pub use format::SourceSummary;
pub use open::{OpenError, VulnDb};
pub use record::{Affected, Range, Vulnerability};
