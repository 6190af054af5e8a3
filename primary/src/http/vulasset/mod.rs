//! `/v1/vulasset`: the vulnerabilities of all images, page by page. A query is
//! opened with its filter, and any replica gives its pages.

mod filter;
mod listing;
mod page;
mod query;

use palisade_api::Code;
use uuid::Uuid;

pub(super) use filter::{contains, filter, ordered};
pub(super) use listing::{Broken, answer, rows};
pub(super) use page::{listed, severity};
pub(super) use query::top_images;

use super::ApiRouter;
use super::error::{ApiError, Result};
use super::query::Query;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(query::vulasset_query, page::vulasset_page))
}

/// Rows of a page at most.
pub(super) const MOST_ROWS: i64 = 1_000;

/// The query that a page belongs to.
pub(super) fn token(query: &Query) -> Result<Uuid> {
    let token = query.get("token").filter(|token| !token.is_empty()).ok_or_else(|| {
        ApiError::new(Code::InvalidQueryID, "The parameter token is missing: it is the query_id.")
            .with_status(http::StatusCode::BAD_REQUEST)
    })?;
    token.parse().map_err(|_| gone())
}

/// No query of this id, or no more.
pub(super) fn gone() -> ApiError {
    ApiError::new(Code::InvalidQueryID, "There is no such query any more: open it again.")
        .with_status(http::StatusCode::INTERNAL_SERVER_ERROR)
}
