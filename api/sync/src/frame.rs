//! How changes and snapshots are cut into messages.

use std::sync::Arc;

use palisade_api::kind::LogId;
use palisade_api::{Epoch, Revision};

use crate::change::Change;
use crate::item::Item;
use crate::position::Position;
use crate::source::ChangeRecord;
use crate::wire;
use crate::wire::frame::Body;

/// Frames are cut at this size, so that the buffers of connections stay small:
/// they keep the size of the largest message for good.
pub const FRAME_BYTES: usize = 16 * 1024 - 64;

/// The largest object. It travels alone in a frame. Whoever writes to a log
/// checks it before the commit.
pub const MAX_ITEM_BYTES: usize = 1024 * 1024;

/// The message that carries a frame, encoded once and shared by all streams.
pub trait Envelope: Send + Sync + 'static {
    /// The encoded message. Cloning shares it.
    type Message: Clone + Send + Sync + 'static;

    /// Encodes the frame in its envelope.
    fn wrap(frame: wire::Frame) -> Self::Message;

    /// The memory that a message takes.
    fn size(message: &Self::Message) -> usize;
}

/// A change in the form in which it is sent.
#[derive(Debug)]
pub struct EncodedChange<M> {
    /// The revision that a replica must hold before it.
    pub base: Revision,
    /// The state after it.
    pub position: Position,
    /// Its messages in order, at least one.
    pub frames: Box<[M]>,
    /// The memory that it takes.
    pub size: usize,
}

impl<M: Clone + Send + Sync + 'static> EncodedChange<M> {
    /// Cuts and encodes a change.
    pub fn new<E: Envelope<Message = M>>(log: LogId, epoch: Epoch, record: ChangeRecord) -> Self {
        let ChangeRecord { change, digest } = record;
        let (base, revision) = (change.base, change.revision);
        let frames: Box<[M]> = cut_change(log, change).into_iter().map(E::wrap).collect();
        let size = frames.iter().map(E::size).sum::<usize>() + size_of::<Self>();
        Self { base, position: Position { epoch, revision, digest }, frames, size }
    }
}

/// A snapshot in the form in which it is sent.
#[derive(Debug)]
pub struct EncodedSnapshot<M> {
    /// The state that it is.
    pub position: Position,
    /// Its messages in order: begin, items, end.
    pub frames: Arc<[M]>,
}

/// Cuts a change into frames; all but the last are partial.
pub fn cut_change(log: LogId, change: Change) -> Vec<wire::Frame> {
    let Change { base, revision, items } = change;
    let mut parts = cut_items(items);
    if parts.is_empty() {
        parts.push(Vec::new());
    }
    let last = parts.len() - 1;
    parts
        .into_iter()
        .enumerate()
        .map(|(index, items)| {
            frame(Body::Batch(wire::Batch {
                log: log.number(),
                base: base.0,
                revision: revision.0,
                items,
                partial: index < last,
            }))
        })
        .collect()
}

/// Builds a snapshot page by page.
#[derive(Debug)]
pub struct SnapshotCutter<E: Envelope> {
    log: LogId,
    position: Position,
    frames: Vec<E::Message>,
}

impl<E: Envelope> SnapshotCutter<E> {
    /// Begins the snapshot of the state `position`.
    pub fn new(log: LogId, position: Position) -> Self {
        let begin = wire::SnapshotBegin {
            log: log.number(),
            epoch: position.to_wire(log).epoch,
            revision: position.revision.0,
        };
        Self { log, position, frames: vec![E::wrap(frame(Body::SnapshotBegin(begin)))] }
    }

    /// Adds objects.
    pub fn page(&mut self, items: Vec<Item>) {
        self.frames.extend(cut_items(items).into_iter().map(|items| {
            E::wrap(frame(Body::SnapshotItems(wire::SnapshotItems {
                log: self.log.number(),
                items,
            })))
        }));
    }

    /// Ends the snapshot.
    pub fn finish(mut self) -> EncodedSnapshot<E::Message> {
        let end = wire::SnapshotEnd { log: self.log.number(), digest: self.position.digest.into() };
        self.frames.push(E::wrap(frame(Body::SnapshotEnd(end))));
        EncodedSnapshot { position: self.position, frames: self.frames.into() }
    }
}

fn frame(body: Body) -> wire::Frame {
    wire::Frame { body: Some(body) }
}

fn cut_items(items: Vec<Item>) -> Vec<Vec<wire::Item>> {
    let mut parts = Vec::new();
    let mut part: Vec<wire::Item> = Vec::new();
    let mut size = 0;
    for item in items {
        let item_size = item.size();
        if !part.is_empty() && size + item_size > FRAME_BYTES {
            parts.push(std::mem::take(&mut part));
            size = 0;
        }
        size += item_size;
        part.push(item.into());
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}
