//! What can be wrong with a change, besides the object itself.

use palisade_api::{Code, ObjectKind, Refusal};
use thiserror::Error;

use crate::FederatedObject;
use crate::error::shorten;

/// How many users of an object are named.
const SHOWN: usize = 10;

/// A change that does not fit what is there.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EditError {
    /// There is no such object.
    #[error("there is no {} {name:?}", .kind.as_str())]
    Missing {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
    },
    /// An object of that name exists.
    #[error("the {} {name:?} exists already", .kind.as_str())]
    Duplicate {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
    },
    /// Others name the object.
    #[error("the {} {name:?} is used by {}", .kind.as_str(), list(.users))]
    InUse {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
        /// Who names it, in words.
        users: Vec<String>,
    },
    /// The object is built in.
    #[error("the {} {name:?} is built in and cannot be deleted", .kind.as_str())]
    BuiltIn {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
    },
    /// The members of the group have nothing of the kind.
    #[error("the group {group:?} is no group of containers: it has no {}", .kind.as_str())]
    NoneOfKind {
        /// What its members lack.
        kind: ObjectKind,
        /// The group.
        group: String,
    },
}

impl EditError {
    /// There is no object of that name.
    pub fn missing<T: FederatedObject>(name: &str) -> Self {
        Self::Missing { kind: T::KIND, name: shorten(name) }
    }

    /// There is one of that name.
    pub fn duplicate<T: FederatedObject>(object: &T) -> Self {
        Self::Duplicate { kind: T::KIND, name: object.object_name().into_owned() }
    }

    /// It comes with the product.
    pub fn built_in<T: FederatedObject>(object: &T) -> Self {
        Self::BuiltIn { kind: T::KIND, name: object.object_name().into_owned() }
    }

    /// Fails where somebody uses the object.
    pub fn unless_unused<T: FederatedObject>(object: &T, users: Vec<String>) -> Result<(), Self> {
        if users.is_empty() {
            return Ok(());
        }
        Err(Self::InUse { kind: T::KIND, name: object.object_name().into_owned(), users })
    }

    /// How whoever asks for the change is answered.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Missing { .. } => Code::ObjectNotFound.into(),
            // The group is there.
            Self::NoneOfKind { .. } => Refusal::of_request(Code::ObjectNotFound),
            Self::Duplicate { .. } => Code::DuplicateName.into(),
            Self::InUse { .. } => Code::ObjectInuse.into(),
            Self::BuiltIn { .. } => Code::InvalidRequest.into(),
        }
    }
}

fn list(users: &[String]) -> String {
    let mut text = users.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if users.len() > SHOWN {
        text.push_str(", …");
    }
    text
}
