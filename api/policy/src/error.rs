//! What can be wrong with a rule.

use palisade_api::{Code, Refusal};
use thiserror::Error;

use crate::{CfgType, FED_PREFIX};

/// A rule or group that cannot be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PolicyError {
    /// A name that is not allowed.
    #[error("{name:?} is not a valid name: {reason}")]
    InvalidName {
        /// The name.
        name: String,
        /// What is allowed.
        reason: &'static str,
    },
    /// An id outside the range of its kind.
    #[error("id {id} is not in the range {from} to {to} of {what}")]
    InvalidId {
        /// The id.
        id: u32,
        /// The kind in words.
        what: &'static str,
        /// First of the range.
        from: u32,
        /// Last of the range.
        to: u32,
    },
    /// All ids of the range are in use.
    #[error("no id is free for {0}")]
    NoFreeId(&'static str),
    /// A field that is missing or has a wrong value.
    #[error("{field}: {reason}")]
    InvalidField {
        /// The field's name.
        field: &'static str,
        /// What is wrong, and what is right.
        reason: String,
    },
    /// A criterion that cannot be evaluated.
    #[error("criterion {name:?}: {reason}")]
    InvalidCriterion {
        /// The criterion's name.
        name: String,
        /// What is wrong, and what is right.
        reason: String,
    },
    /// An entry of a profile, a monitor or a sensor that cannot be.
    #[error("{entry}: {reason}")]
    InvalidEntry {
        /// The entry in words.
        entry: String,
        /// What is wrong, and what is right.
        reason: String,
    },
    /// An entry to change or delete that is not there.
    #[error("{0} does not exist")]
    MissingEntry(String),
    /// A rule that names a group that does not exist.
    #[error("group {0:?} does not exist")]
    MissingGroup(String),
    /// A rule that names a webhook that does not exist.
    #[error("webhook {0:?} does not exist")]
    MissingWebhook(String),
    /// A federated rule that names a local group.
    #[error("a federated rule cannot use the local group {0:?}: its groups begin with \"fed.\"")]
    LocalGroup(String),
    /// A rule of a cluster that names a federated group.
    #[error("a rule of this cluster cannot use the federated group {0:?}")]
    FederatedGroup(String),
    /// A rule that other changes refer to, and that does not exist.
    #[error("rule {0} does not exist")]
    MissingRule(u32),
    /// A rule of somebody else.
    #[error("rule {id} is none of the {what}, whose ids are {from} to {to}")]
    ForeignRule {
        /// The id.
        id: u32,
        /// What can be changed here, in words.
        what: &'static str,
        /// First of its range.
        from: u32,
        /// Last of its range.
        to: u32,
    },
    /// Two rules of one id.
    #[error("rule {0} exists already")]
    DuplicateRule(u32),
}

impl PolicyError {
    /// How whoever asks for such a rule is answered.
    pub fn refusal(&self) -> Refusal {
        let code = match self {
            Self::InvalidName { .. } => Code::InvalidName,
            // The place among the rules that the request names.
            Self::MissingRule(_) => return Code::ObjectNotFound.into(),
            Self::MissingEntry(_) => Code::ObjectNotFound,
            Self::ForeignRule { .. } => Code::OpNotAllowed,
            // An id is no name, and what a rule names is not what the request is about:
            // NeuVector's clients know this code.
            Self::DuplicateRule(_)
            | Self::MissingGroup(_)
            | Self::MissingWebhook(_)
            | Self::InvalidId { .. }
            | Self::NoFreeId(_)
            | Self::InvalidField { .. }
            | Self::InvalidCriterion { .. }
            | Self::InvalidEntry { .. }
            | Self::LocalGroup(_)
            | Self::FederatedGroup(_) => Code::InvalidRequest,
        };
        Refusal::of_request(code)
    }

    /// The field that is at fault; empty where it is none.
    pub const fn field_at_fault(&self) -> &'static str {
        match self {
            Self::InvalidName { .. } => "name",
            Self::InvalidId { .. } | Self::DuplicateRule(_) | Self::ForeignRule { .. } => "id",
            Self::InvalidField { field, .. } => field,
            Self::InvalidCriterion { .. } => "criteria",
            _ => "",
        }
    }

    pub(crate) fn field(field: &'static str, reason: impl Into<String>) -> Self {
        Self::InvalidField { field, reason: reason.into() }
    }

    /// Fails where a group belongs to another owner than the rule that names it.
    pub(crate) fn unless_same_owner(group: &str, rule: CfgType) -> Result<(), Self> {
        match (group.starts_with(FED_PREFIX), rule) {
            (true, CfgType::Federal) => Ok(()),
            (false, CfgType::Federal) => Err(Self::LocalGroup(shorten(group))),
            (true, _) => Err(Self::FederatedGroup(shorten(group))),
            (false, _) => Ok(()),
        }
    }

    pub(crate) fn criterion(name: &str, reason: impl Into<String>) -> Self {
        Self::InvalidCriterion { name: shorten(name), reason: reason.into() }
    }
}

/// Text from outside, short enough for a message.
pub(crate) fn shorten(text: &str) -> String {
    const MOST: usize = 128;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_place_among_the_rules_is_not_found() {
        for (error, code, status) in [
            (PolicyError::MissingRule(1), Code::ObjectNotFound, 404),
            (PolicyError::MissingGroup("x".to_owned()), Code::InvalidRequest, 400),
            (PolicyError::MissingWebhook("x".to_owned()), Code::InvalidRequest, 400),
            (PolicyError::DuplicateRule(1), Code::InvalidRequest, 400),
            (PolicyError::field("ports", "none"), Code::InvalidRequest, 400),
        ] {
            let refusal = error.refusal();
            assert_eq!((refusal.code, refusal.status.as_u16()), (code, status), "{error}");
        }
    }
}
