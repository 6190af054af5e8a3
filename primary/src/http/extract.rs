//! What handlers take from a request.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::Bytes;
use http::request::Parts;
use palisade_api::rest::json;
use palisade_identity::{Access, Caller, Permission};
use palisade_transport::server;
use serde::de::DeserializeOwned;

use super::error::{ApiError, Result};
use crate::store::Actor;

/// Largest JSON body that is read.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The caller, whom [`super::authorize`] has already let in for this path.
#[derive(Clone, Debug)]
pub struct Authenticated(pub Caller);

impl Authenticated {
    /// Who acts, for the audit records.
    pub fn actor(&self) -> Actor {
        Actor::from(&self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        parts.extensions.get::<Caller>().cloned().map(Self).ok_or_else(ApiError::unauthorized)
    }
}

/// A caller who may read the federation.
#[derive(Clone, Debug)]
pub struct FedReader(pub Caller);

impl<S: Sync> FromRequestParts<S> for FedReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Authenticated(caller) = Authenticated::from_request_parts(parts, state).await?;
        require(&caller, Permission::Fed, Access::Read)?;
        Ok(Self(caller))
    }
}

/// A caller who may change the federation: needed beside the permission of
/// the path where an object is federated.
#[derive(Clone, Debug)]
pub struct FedAdmin(pub Caller);

impl<S: Sync> FromRequestParts<S> for FedAdmin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Authenticated(caller) = Authenticated::from_request_parts(parts, state).await?;
        require(&caller, Permission::Fed, Access::Write)?;
        Ok(Self(caller))
    }
}

/// The id of a rule in the path. What is no number names no rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleId(pub u32);

impl<S: Send + Sync> FromRequestParts<S> for RuleId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|error| {
                ApiError::invalid_request("The path names no rule.").caused_by(error)
            })?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::invalid_request("The id of a rule is a number."))
    }
}

/// Refuses with 403, code 25, unless `caller` holds `permission`.
pub fn require(caller: &Caller, permission: Permission, access: Access) -> Result<()> {
    if caller.may(permission, access) {
        return Ok(());
    }
    let access = match access {
        Access::Read => "read",
        Access::Write => "change",
    };
    Err(ApiError::access_denied(format!(
        "The role {:?} may not {access} what the permission {permission} covers.",
        caller.role.as_str()
    )))
}

/// A body read as JSON whatever its Content-Type says. Unknown keys are
/// ignored, `null` counts as absent, an empty body as `null`. Too large, too
/// deep, malformed, of a wrong type: 400, code 6, with the place.
#[derive(Clone, Copy, Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self> {
        let body = read_body(request, MAX_BODY_BYTES).await?;
        from_json(&body).map(Self)
    }
}

/// Reads the whole body of a request, at most `limit` bytes of it.
pub async fn read_body(request: Request, limit: usize) -> Result<Bytes> {
    read_whole(request.into_body(), limit).await
}

/// Reads the whole of a body, at most `limit` bytes of it.
pub async fn read_whole(body: Body, limit: usize) -> Result<Bytes> {
    server::read_body(body, limit)
        .await
        .map_err(|error| ApiError::invalid_request(error.to_string()).caused_by(error))
}

/// Reads `bytes` as [`JsonBody`] does.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    json::read(bytes).map_err(|error| ApiError::invalid_request(error.to_string()))
}

#[cfg(test)]
mod tests {
    use palisade_api::Code;

    use super::*;

    #[test]
    fn a_body_that_is_not_as_expected_is_the_clients_fault() {
        for text in ["", "{", "[]", "{\"ids\":3}"] {
            let error = from_json::<Ids>(text.as_bytes()).unwrap_err();
            assert_eq!((error.code, error.status.as_u16()), (Code::InvalidRequest, 400), "{text}");
        }
    }

    #[derive(Debug, serde::Deserialize)]
    struct Ids {
        #[serde(rename = "ids")]
        _ids: Vec<u32>,
    }
}
