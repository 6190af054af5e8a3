//! What handlers take from a request.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use http_body_util::{BodyExt as _, Limited};
use palisade_api::Code;
use palisade_api::rest::query::{self, Query};
use palisade_identity::Caller;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;
use crate::in_force::{ObjectSet, Owned};

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

/// A JSON body under any Content-Type; null counts as absent, an empty body as
/// an empty object.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let body = body(request, MOST_BODY_BYTES).await?;
        // Some editors and shells put a mark before a text.
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
        let mut value = if body.iter().all(u8::is_ascii_whitespace) {
            Value::Object(serde_json::Map::new())
        } else {
            serde_json::from_slice(body)
                .map_err(|error| ApiError::invalid(format!("Not JSON: {error}.")))?
        };
        drop_nulls(&mut value);
        serde_json::from_value(value)
            .map(Self)
            .map_err(|error| ApiError::invalid(format!("The body is not as expected: {error}.")))
    }
}

/// The body of a request, of so many bytes at most.
pub(crate) async fn body(request: Request, most: usize) -> Result<Bytes, ApiError> {
    let body = Limited::new(request.into_body(), most).collect().await;
    let body = body.map_err(|_| {
        ApiError::invalid(format!("The body broke off or is larger than {most} bytes."))
    })?;
    Ok(body.to_bytes())
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
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

    /// Start and limit for the database; a negative start is counted there. None
    /// where all must be read, to be filtered.
    pub(crate) fn window(&self) -> Option<(u64, u64)> {
        if self.0.has_clauses() {
            return None;
        }
        let (start, limit) = self.0.page();
        let limit = if limit == 0 { u64::MAX } else { limit.unsigned_abs() };
        Some((u64::try_from(start).unwrap_or(0), limit))
    }
}
