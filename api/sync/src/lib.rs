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
//! - [`audience`], [`view`]: how a change is divided where not everybody is shown
//!   the same.
//! - [`source`] and [`store`]: what each side has to provide.
//! - [`sender`] and [`replica`]: the two sides of one log on one stream, state
//!   machines without I/O. Open these first.
//! - [`ring`] and [`frame`]: what all streams of a sender share, encoded once.
//! - [`feed`] with [`outlet`], and [`receiver`]: the same with I/O.
//!
//! Gotchas: a batch names no epoch, so nothing of a new epoch may be sent
//! before its snapshot has begun. A frame carries whole objects, so an object
//! over 16 KiB makes a frame of its own size.
//!
//! [`Revision`]: palisade_api::Revision

pub mod audience;
pub mod change;
pub mod digest;
pub mod feed;
pub mod frame;
pub mod item;
pub mod outlet;
pub mod position;
pub mod receiver;
pub mod replica;
pub mod ring;
pub mod sender;
pub mod source;
pub mod store;
pub mod view;

pub use audience::{Audience, Hidden, Part};
pub use change::Change;
pub use digest::SetDigest;
pub use feed::Feed;
pub use item::{Item, ObjectError};
pub use outlet::Outlet;
pub use position::{Head, Position};
pub use receiver::{ReceiveError, Receiver};
pub use replica::Reply;
pub use sender::Subscriber;
pub use source::{ChangeRecord, Changes, SnapshotReader, Source};
pub use store::{Applied, Held, Replacement, ReplicaStore};

/// `palisade.sync.v1`: the messages.
pub(crate) use palisade_api::sync as wire;
