//! Query strings of requests; see [`palisade_api::rest::query`].

use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::request::Parts;
pub use palisade_api::rest::query::{Filter, Operator, Scope};
use serde::Serialize;
use utoipa::IntoParams;

use super::error::{ApiError, Result};

/// Which part of a list, for the OpenAPI document alone: [`Query::list`] reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a document, nobody makes one")]
pub(super) struct Page {
    /// Place of the first; from the end when negative
    #[param(nullable = false)]
    start: Option<i64>,
    /// How many at most; 0: all
    #[param(nullable = false)]
    limit: Option<i64>,
}

/// The query string of a request.
#[derive(Clone, Debug, Default)]
pub struct Query(palisade_api::rest::query::Query);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Deref for Query {
    type Target = palisade_api::rest::query::Query;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Query {
    /// Parses `text`, the part after the question mark.
    pub fn parse(text: &str) -> Self {
        Self(palisade_api::rest::query::Query::parse(text))
    }

    /// The scope; none when absent. Anything but `fed` and `local` is refused.
    pub fn scope(&self) -> Result<Option<Scope>> {
        self.0.scope().map_err(|error| ApiError::invalid_request(error.to_string()))
    }

    /// The flag `name`; anything but a yes or a no is refused.
    pub fn strict_flag(&self, name: &'static str) -> Result<Option<bool>> {
        self.0.strict_flag(name).map_err(|error| ApiError::invalid_request(error.to_string()))
    }

    /// The same without `start` and `limit`.
    #[must_use]
    pub fn without_page(&self) -> Self {
        Self(self.0.without_page())
    }

    /// Filters, sorts and pages `items` by their JSON form.
    pub fn list<T: Serialize>(&self, items: Vec<T>) -> Result<Vec<T>> {
        self.0.list(items).map_err(ApiError::internal)
    }
}
