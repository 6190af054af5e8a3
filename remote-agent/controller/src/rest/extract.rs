//! What handlers take from a request.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use palisade_api::Code;
use palisade_api::rest::json;
use palisade_api::rest::query::{self, Query};
use palisade_identity::Caller;
use palisade_transport::server;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use crate::in_force::{ObjectSet, Owned};
use crate::reach::Reach;

/// The largest body that is read.
pub(crate) const MOST_BODY_BYTES: usize = 1 << 20;

/// Who calls; the authorisation has let them in already.
pub(crate) struct Authenticated(pub(crate) Caller);

impl<S: Sync> FromRequestParts<S> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller.map(Self).ok_or_else(|| ApiError::of(Code::Unauthorized))
    }
}

impl<S: Sync> FromRequestParts<S> for Reach {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let reach = parts.extensions.get::<Self>().cloned();
        reach.ok_or_else(|| ApiError::of(Code::Unauthorized))
    }
}

/// A JSON body under any Content-Type; null counts as absent, an empty body as
/// an empty object.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let body = body(request, MOST_BODY_BYTES).await?;
        let body: &[u8] = if json::is_blank(&body) { b"{}" } else { &body };
        json::read(body).map(Self).map_err(|error| ApiError::invalid(error.to_string()))
    }
}

/// The body of a request, of so many bytes at most.
pub(crate) async fn body(request: Request, most: usize) -> Result<Bytes, ApiError> {
    let body = server::read_body(request.into_body(), most).await;
    body.map_err(|error| ApiError::invalid(error.to_string()))
}

/// The query string of a request for a list.
#[derive(Debug, Default)]
pub(crate) struct ListQuery(Query);

impl<S: Sync> FromRequestParts<S> for ListQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Query::parse(parts.uri.query().unwrap_or_default())))
    }
}

/// Whose objects a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Both,
    Federal,
    Local,
}

impl Scope {
    pub(crate) fn federal(self) -> bool {
        self != Self::Local
    }

    pub(crate) fn local(self) -> bool {
        self != Self::Federal
    }

    /// The objects of this scope, those of the federation first.
    pub(crate) fn of(self, objects: &Owned) -> impl Iterator<Item = &ObjectSet> {
        let federated = self.federal().then_some(&objects.federated);
        federated.into_iter().chain(self.local().then_some(&objects.own))
    }
}

impl ListQuery {
    pub(crate) fn scope(&self) -> Result<Scope, ApiError> {
        let scope = self.0.scope().map_err(|error| ApiError::invalid(error.to_string()))?;
        Ok(match scope {
            None => Scope::Both,
            Some(query::Scope::Fed) => Scope::Federal,
            Some(query::Scope::Local) => Scope::Local,
        })
    }

    /// Whether the flag `name` is set.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.0.flag(name)
    }

    /// The items that are asked for: filtered, sorted, and of them a page.
    pub(crate) fn list<T: Serialize>(&self, items: Vec<T>) -> Result<Vec<T>, ApiError> {
        Ok(self.0.list(items)?)
    }

    /// Start and limit for the database. None where all must be read, to be filtered or
    /// counted from the end.
    pub(crate) fn window(&self) -> Option<(u64, u64)> {
        let (start, limit) = self.0.page();
        let start = u64::try_from(start).ok().filter(|_| !self.0.has_clauses())?;
        Some((start, if limit == 0 { u64::MAX } else { limit.unsigned_abs() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_pages_what_is_counted_from_the_front() {
        for (text, window) in [
            ("", Some((0, u64::MAX))),
            ("start=20&limit=10", Some((20, 10))),
            ("start=20", Some((20, u64::MAX))),
            // From the end, and filtered.
            ("start=-2&limit=10", None),
            ("limit=10&f_level=Warning", None),
        ] {
            assert_eq!(ListQuery(Query::parse(text)).window(), window, "{text}");
        }
    }
}
