//! The delta stream: how a set of objects travels from the side that owns it to
//! its replicas. Primary to agent, leading to standby controller, and
//! controller to enforcer all use this one implementation.
//!
//! The set is the result of a log: each change of the log has a [`Revision`]
//! and consists of [`item::Item`]s that are applied together or not at all. A
//! replica holds a [`position::Position`] (epoch, revision, digest) and names it
//! when it connects; the sender answers with the changes since, or with a
//! snapshot when they are out of reach.
//!
//! - [`item`], [`change`], [`position`], [`digest`]: the words.
//! - [`source`] and [`store`]: what each side has to provide.
//! - [`frame`]: how changes and snapshots are cut into messages.
//!
//! [`Revision`]: palisade_api::Revision

pub mod change;
pub mod digest;
pub mod frame;
pub mod item;
pub mod position;
pub mod source;
pub mod store;

pub use change::Change;
pub use digest::SetDigest;
pub use item::{Item, ObjectError};
pub use position::{Head, Position};
pub use source::{ChangeRecord, Changes, SnapshotReader, Source};
pub use store::{Applied, Held, Replacement, ReplicaStore};

/// `palisade.sync.v1`: the messages.
pub(crate) use palisade_api::sync as wire;
