//! `/v1/fed/vex`: documents that say whether images suffer from
//! vulnerabilities.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod list;

use palisade_api::Digest;
use palisade_api::rest::vex::VexDocument;

use crate::http::error::{ApiError, Result};
use crate::registry::vex::VexFailure;
use crate::store::vex::VexRow;

/// The number of a document in a path.
fn number(text: &str) -> Result<i64> {
    text.parse().map_err(|_| ApiError::invalid_request("The id of a document is a number."))
}

fn shown(row: VexRow) -> VexDocument {
    VexDocument {
        id: row.id,
        document: row.document,
        format: row.format,
        author: row.author,
        issued_timestamp: row.issued_at.map(|at| at.timestamp()),
        statements: u32::try_from(row.statements).unwrap_or_default(),
        size: u64::try_from(row.size).unwrap_or_default(),
        digest: Digest::try_from(row.digest.as_slice()).map(Digest::to_oci).unwrap_or_default(),
        uploaded_by: row.uploaded_by,
        uploaded_timestamp: row.uploaded_at.timestamp(),
    }
}

impl From<VexFailure> for ApiError {
    fn from(error: VexFailure) -> Self {
        match error {
            VexFailure::Document(_) | VexFailure::Name | VexFailure::TooMany { .. } => {
                Self::invalid_request(format!("The document was not taken: {error}."))
            }
            VexFailure::Missing(id) => {
                Self::object_not_found(format!("There is no VEX document {id}."))
            }
            VexFailure::Store(error) => error.into(),
            VexFailure::Pack(_) | VexFailure::Cancelled => Self::internal(error),
        }
    }
}
