//! What handlers take from a request.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http_body_util::BodyExt as _;
use palisade_api::Code;
use palisade_identity::{Access, Caller, Permission};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{ApiError, Result};
use crate::store::Actor;

/// What some editors and shells put before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Largest JSON body that is read.
pub const MAX_BODY_BYTES: usize = 1 << 20;
/// What is read beyond a limit, and thrown away: most clients look at an answer only
/// when they have sent all.
const MOST_OVERRUN: usize = 128 << 20;
/// How long a client may take to send a body: less than any answer, so that the answer
/// says why.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

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

/// Reads the whole body, at most `limit` bytes of it.
pub async fn read_body(request: Request, limit: usize) -> Result<Bytes> {
    let (parts, body) = request.into_parts();
    read_body_of(&parts.headers, body, limit).await
}

/// Reads the body of a request with these headers, for whoever needs the rest of it.
pub async fn read_body_of(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes> {
    let length: Option<usize> =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    // What was packed has no length any more: a bomb is not unpacked for nothing. Nor is
    // anything waited for that would be too much even to throw away.
    let overrun =
        length.filter(|length| *length <= limit + MOST_OVERRUN).map_or(0, |_| MOST_OVERRUN);
    let reading = async {
        let mut bytes = BytesMut::new();
        let mut read = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                ApiError::invalid_request("The body broke off.").caused_by(error)
            })?;
            if let Some(data) = frame.data_ref() {
                read += data.len();
                if read > limit + overrun {
                    break;
                }
                if read <= limit {
                    bytes.extend_from_slice(data);
                } else {
                    bytes.clear();
                }
            }
        }
        if read > limit {
            let text = format!("The body is larger than {limit} bytes.");
            return Err(ApiError::invalid_request(text));
        }
        Ok(bytes.freeze())
    };
    tokio::time::timeout(BODY_TIMEOUT, reading)
        .await
        .map_err(|_| ApiError::new(Code::InvalidRequest, "The body did not arrive in time."))?
}

/// Reads `bytes` as [`JsonBody`] does.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut value = if bytes.iter().all(u8::is_ascii_whitespace) {
        Value::Null
    } else {
        // serde_json refuses more than 128 levels, so what follows is bounded.
        serde_json::from_slice(bytes)
            .map_err(|error| ApiError::invalid_request(format!("Not JSON: {error}.")))?
    };
    drop_nulls(&mut value);
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = error.path().to_string();
        let what = error.into_inner();
        if place == "." {
            ApiError::invalid_request(format!("The body is not as expected: {what}."))
        } else {
            ApiError::invalid_request(format!("{place} is not as expected: {what}."))
        }
    })
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Config {
        config: Inner,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        #[serde(default)]
        ids: Vec<u32>,
        name: Option<String>,
    }

    fn read(text: &str) -> Result<Config> {
        from_json(text.as_bytes())
    }

    fn refusal(text: &str) -> String {
        let error = read(text).unwrap_err();
        assert_eq!((error.code, error.status.as_u16()), (Code::InvalidRequest, 400));
        error.message.into_owned()
    }

    #[test]
    fn null_counts_as_absent_and_unknown_keys_as_nothing() {
        let read = read(r#"{"config":{"ids":null,"name":null,"other":[null,{}]}}"#).unwrap();
        assert_eq!(read, Config { config: Inner { ids: Vec::new(), name: None } });
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let expected = Config { config: Inner { ids: vec![1], name: None } };
        assert_eq!(read("\u{feff}{\"config\":{\"ids\":[1]}}").unwrap(), expected);
        refusal("{\u{feff}}");
    }

    #[test]
    fn a_wrong_type_is_named_with_its_place() {
        let message = refusal(r#"{"config":{"ids":[1,"two"]}}"#);
        assert!(message.starts_with("config.ids[1] "), "{message}");
    }

    #[test]
    fn an_absent_body_is_an_error_only_where_one_is_needed() {
        assert!(!refusal("").is_empty());
        assert_eq!(from_json::<Option<Config>>(b" \n").unwrap(), None);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(refusal(&deep).contains("recursion limit"));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["{", "[]", "\"x\"", "{\"config\":3}", "\u{0}", "{\"config\":{}}x"] {
            refusal(text);
        }
    }
}
