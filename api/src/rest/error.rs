//! The body of every error.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Code;

/// The body of every error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// Numeric code, see [`Code`].
    pub code: u32,
    /// Fixed text of the code.
    pub error: String,
    /// What happened, and where it helps, what to do; or the fixed text again.
    pub message: String,
}

impl ErrorBody {
    /// A body for `code` with `message` as its detail.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code: code.number(), error: code.text().to_owned(), message: message.into() }
    }
}
