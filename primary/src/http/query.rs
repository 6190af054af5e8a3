//! Query strings of requests; see [`palisade_api::rest::query`].

use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::request::Parts;
pub use palisade_api::rest::query::{Filter, Operator, Scope};
use serde::Serialize;

use super::error::{ApiError, Result};

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
