//! Objects as the stream carries them.

use bytes::Bytes;
use palisade_api::{Code, Revision};

use crate::wire;

/// One object at one revision, or its tombstone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// A number of `palisade_api::ObjectKind`, or one that a newer version added.
    pub kind: u32,
    /// Unique in its kind.
    pub name: String,
    /// The change that wrote it.
    pub revision: Revision,
    /// The content; none when the object is deleted.
    pub payload: Option<Bytes>,
}

impl Item {
    /// What of the item counts against the limits of messages and memory.
    pub fn size(&self) -> usize {
        // Room for the field tags and numbers of the message.
        40 + self.name.len() + self.payload.as_ref().map_or(0, Bytes::len)
    }
}

impl From<Item> for wire::Item {
    fn from(item: Item) -> Self {
        Self {
            kind: item.kind,
            name: item.name,
            revision: item.revision.0,
            deleted: item.payload.is_none(),
            payload: item.payload.unwrap_or_default(),
        }
    }
}

impl From<wire::Item> for Item {
    fn from(item: wire::Item) -> Self {
        Self {
            kind: item.kind,
            name: item.name,
            revision: Revision(item.revision),
            payload: (!item.deleted).then_some(item.payload),
        }
    }
}

/// An object that is stored but could not be put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectError {
    /// The kind of the object.
    pub kind: u32,
    /// Its name.
    pub name: String,
    /// The revision that could not be put in force.
    pub revision: Revision,
    /// Why, as a code of the REST API.
    pub code: Code,
    /// Why, in words.
    pub text: String,
    /// The field at fault; empty where it is none.
    pub field: String,
}

impl ObjectError {
    /// The object is of a kind that this version does not know: it is kept for
    /// the version that does.
    pub fn unsupported(kind: u32, name: impl Into<String>, revision: Revision) -> Self {
        Self {
            kind,
            name: name.into(),
            revision,
            code: Code::JointUpgradeRequired,
            text: format!("objects of kind {kind} are not supported by this version; upgrade it"),
            field: String::new(),
        }
    }
}

impl From<ObjectError> for wire::ObjectError {
    fn from(error: ObjectError) -> Self {
        Self {
            kind: error.kind,
            name: error.name,
            revision: error.revision.0,
            code: error.code.number(),
            text: error.text,
            field: error.field,
        }
    }
}

impl From<wire::ObjectError> for ObjectError {
    fn from(error: wire::ObjectError) -> Self {
        Self {
            kind: error.kind,
            name: error.name,
            revision: Revision(error.revision),
            code: Code::from_number(error.code).unwrap_or(Code::ServerError),
            text: error.text,
            field: error.field,
        }
    }
}
