//! The vulnerability database: one immutable file.
//!
//! [`build`] makes it from the files of upstream feeds and signs it,
//! [`VulnDb`] maps it into memory and reads it in place, [`VulndbFile`] takes
//! the new one when there is one. A file is replaced as a whole, never
//! changed: what is mapped stays as it is.

mod build;
mod copy;
pub mod cvss;
pub mod ecosystem;
mod feed;
mod file;
mod format;
mod open;
mod record;
mod signing;
pub mod update;

pub use build::{BuildError, BuildSummary, build};
pub(crate) use feed::ubuntu_version;
pub use feed::{FeedKind, NoSource, SourceSpec};
pub use file::{FileError, Offered, VulndbFile};
pub use format::SourceSummary;
pub use open::{OpenError, Outdated, Texts, Trust, VulnDb};
pub use record::{Affected, Exploited, Likelihood, Prose, Range, Score, Status, Vulnerability};
pub use signing::{KeyError, NoKey, PublicKey, SigningKey, key_path, public_path};

/// How far the clocks of feeds may be ahead. A record that is younger has no date, and neither has
/// the database that an older program made of such: none would ever be newer.
pub const AHEAD: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// Data older than this is told of: advisories come out every day.
pub const OLD_AFTER: chrono::TimeDelta = chrono::TimeDelta::days(7);
