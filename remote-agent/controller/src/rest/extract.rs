//! What handlers take from a request.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use http_body_util::{BodyExt as _, Limited};
use palisade_api::Code;
use palisade_identity::Caller;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;

/// The largest body that is read.
const MOST_BODY_BYTES: usize = 1 << 20;

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
        let body = body(request).await?;
        let mut value = if body.iter().all(u8::is_ascii_whitespace) {
            Value::Object(serde_json::Map::new())
        } else {
            serde_json::from_slice(&body)
                .map_err(|error| ApiError::invalid(format!("Not JSON: {error}.")))?
        };
        drop_nulls(&mut value);
        serde_json::from_value(value)
            .map(Self)
            .map_err(|error| ApiError::invalid(format!("The body is not as expected: {error}.")))
    }
}

/// The body of a request.
pub(crate) async fn body(request: Request) -> Result<Bytes, ApiError> {
    let body = Limited::new(request.into_body(), MOST_BODY_BYTES).collect().await;
    let body = body.map_err(|_| {
        ApiError::invalid(format!("The body broke off or is larger than {MOST_BODY_BYTES} bytes."))
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

/// `?scope=`, `?start=`, `?limit=`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    #[serde(default)]
    scope: String,
    #[serde(default)]
    start: i64,
    #[serde(default)]
    limit: u64,
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
}

impl ListQuery {
    pub(crate) fn scope(&self) -> Result<Scope, ApiError> {
        match self.scope.as_str() {
            "" => Ok(Scope::Both),
            "fed" => Ok(Scope::Federal),
            "local" => Ok(Scope::Local),
            other => Err(ApiError::invalid(format!("scope is fed or local, not {other:?}."))),
        }
    }

    pub(crate) fn page<T>(&self, items: Vec<T>) -> Vec<T> {
        let start = match usize::try_from(self.start) {
            Ok(start) => start,
            Err(_) => items.len().saturating_sub(self.start.unsigned_abs() as usize),
        };
        let limit = if self.limit == 0 { usize::MAX } else { self.limit as usize };
        items.into_iter().skip(start).take(limit).collect()
    }

    /// Start and limit for the database; a negative start is counted there.
    pub(crate) fn window(&self) -> (u64, u64) {
        let limit = if self.limit == 0 { u64::MAX } else { self.limit };
        (u64::try_from(self.start).unwrap_or(0), limit)
    }
}
