//! How changes and snapshots are cut into messages.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use palisade_api::kind::LogId;
use palisade_api::{ClusterId, Epoch, Revision};

use crate::audience::Part;
use crate::change::Change;
use crate::digest::SetDigest;
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

/// The messages of one change, in order.
pub type Frames<M> = Arc<[M]>;

/// A change in the form in which it is sent.
pub struct EncodedChange<M> {
    /// The revision that a replica must hold before it.
    pub base: Revision,
    /// The state of the whole log after it.
    pub position: Position,
    /// The memory that it takes.
    pub size: usize,
    content: Content<M>,
    skip: fn(LogId, Revision, Revision) -> M,
    log: LogId,
}

enum Content<M> {
    /// It concerns everybody alike.
    Whole(Frames<M>),
    /// Some are sent something else than others.
    Targeted(Box<Targeted<M>>),
}

struct Targeted<M> {
    change: Change,
    parts: Vec<Part>,
    cut: fn(LogId, Change) -> Frames<M>,
    /// Encoded once for all that are sent the same parts.
    encoded: Mutex<HashMap<Vec<usize>, Frames<M>>>,
}

/// What a change is for one receiver.
#[derive(Debug)]
pub struct Delivery<M> {
    /// What it is sent; nothing where the change does not concern it.
    pub frames: Option<Frames<M>>,
    /// What is added to the digest of what it is not shown.
    pub hidden: SetDigest,
    /// Some of its objects are older than the change.
    pub brings_older: bool,
}

impl<M> fmt::Debug for EncodedChange<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedChange")
            .field("position", &self.position)
            .field("targeted", &self.is_targeted())
            .finish_non_exhaustive()
    }
}

impl<M> EncodedChange<M> {
    /// Whether some are sent something else than others.
    pub fn is_targeted(&self) -> bool {
        matches!(self.content, Content::Targeted(_))
    }
}

impl<M: Clone + Send + Sync + 'static> EncodedChange<M> {
    /// Cuts and encodes a change.
    pub fn new<E: Envelope<Message = M>>(log: LogId, epoch: Epoch, record: ChangeRecord) -> Self {
        let ChangeRecord { change, digest, parts } = record;
        let (base, revision) = (change.base, change.revision);
        let mut size = size_of::<Self>();
        let content = if parts.is_empty() {
            let frames = encode_change::<E>(log, change);
            size += frames.iter().map(E::size).sum::<usize>();
            Content::Whole(frames)
        } else {
            // Once as it is, and once encoded.
            size += 2 * (change.size() + parts.iter().map(Part::size).sum::<usize>());
            Content::Targeted(Box::new(Targeted {
                change,
                parts,
                cut: encode_change::<E>,
                encoded: Mutex::default(),
            }))
        };
        let position = Position { epoch, revision, digest };
        Self { base, position, size, content, skip: encode_skip::<E>, log }
    }

    /// What the change is for `member`.
    pub fn delivery(&self, member: ClusterId) -> Delivery<M> {
        match &self.content {
            Content::Whole(frames) => Delivery {
                frames: Some(Arc::clone(frames)),
                hidden: SetDigest::EMPTY,
                brings_older: false,
            },
            Content::Targeted(targeted) => targeted.delivery(self.log, member),
        }
    }

    /// Tells a receiver that holds `from` that nothing up to this change
    /// concerned it.
    pub fn skip(&self, from: Revision) -> M {
        (self.skip)(self.log, from, self.base)
    }
}

impl<M: Clone> Targeted<M> {
    fn delivery(&self, log: LogId, member: ClusterId) -> Delivery<M> {
        let mut hidden = SetDigest::EMPTY;
        let mut mine = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            if part.audience.contains(member) {
                hidden = hidden.plus(part.hidden);
                if !part.items.is_empty() {
                    mine.push(index);
                }
            }
        }
        if mine.is_empty() && self.change.items.is_empty() {
            return Delivery { frames: None, hidden, brings_older: false };
        }
        let items =
            || mine.iter().filter_map(|index| self.parts.get(*index)).flat_map(|p| &p.items);
        let brings_older = items().any(|item| item.revision <= self.change.base);
        let mut encoded = self.encoded.lock().unwrap_or_else(PoisonError::into_inner);
        let frames = if let Some(frames) = encoded.get(&mine) {
            Arc::clone(frames)
        } else {
            let mut change = self.change.clone();
            change.items.extend(items().cloned());
            let frames = (self.cut)(log, change);
            encoded.insert(mine, Arc::clone(&frames));
            frames
        };
        Delivery { frames: Some(frames), hidden, brings_older }
    }
}

fn encode_change<E: Envelope>(log: LogId, change: Change) -> Frames<E::Message> {
    cut_change(log, change).into_iter().map(E::wrap).collect()
}

fn encode_skip<E: Envelope>(log: LogId, base: Revision, revision: Revision) -> E::Message {
    E::wrap(frame(Body::Batch(wire::Batch {
        log: log.number(),
        base: base.0,
        revision: revision.0,
        items: Vec::new(),
        partial: false,
    })))
}

/// A snapshot in the form in which it is sent.
#[derive(Debug)]
pub struct EncodedSnapshot<M> {
    /// The state that it is.
    pub position: Position,
    /// The digest of what the log has beside it.
    pub hidden: SetDigest,
    /// Its messages in order: begin, items, end.
    pub frames: Frames<M>,
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
    hidden: SetDigest,
    frames: Vec<E::Message>,
}

impl<E: Envelope> SnapshotCutter<E> {
    /// Begins the snapshot of the state `position`; `hidden` is the digest of
    /// what the log has beside it.
    pub fn new(log: LogId, position: Position, hidden: SetDigest) -> Self {
        let begin = wire::SnapshotBegin {
            log: log.number(),
            epoch: position.to_wire(log).epoch,
            revision: position.revision.0,
        };
        Self { log, position, hidden, frames: vec![E::wrap(frame(Body::SnapshotBegin(begin)))] }
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
        EncodedSnapshot { position: self.position, hidden: self.hidden, frames: self.frames.into() }
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
