//! Calls of the REST API that this process makes itself, answered by the router as any
//! other: what is allowed and what is recorded is that of the API.

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::{Method, StatusCode};
use palisade_api::rest::error::ErrorBody;
use palisade_identity::Caller;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;
use url::Url;

/// Largest answer that is read.
const MOST_ANSWER_BYTES: usize = 16 << 20;

/// A caller that this process itself vouches for. No request from outside has
/// such an extension.
#[derive(Clone, Debug)]
pub(super) struct InProcess(pub(super) Caller);

/// A call of the REST API.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

impl Call {
    pub(super) fn new(method: Method, path: impl Into<String>, body: Value) -> Self {
        Self { method, path: path.into(), body: Some(body) }
    }

    pub(super) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None }
    }
}

/// Something that is to be as somebody says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wanted {
    /// An object with a name, whose path tells whether it exists.
    Object { name: String, path: String, create: Call, change: Vec<Call> },
    /// What always exists.
    Setting(Call),
}

impl Wanted {
    /// Its name, for messages.
    pub(super) fn what(&self) -> &str {
        match self {
            Self::Object { name, .. } => name,
            Self::Setting(call) => &call.path,
        }
    }

    /// The path that tells of it.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Object { path, .. } => path,
            Self::Setting(call) => &call.path,
        }
    }

    /// A custom role.
    pub(super) fn role(name: &str, members: &Map<String, Value>) -> Self {
        let path = path_of("/v1/user_role", &[name]);
        let body = json!({ "config": members });
        Self::Object {
            name: name.to_owned(),
            create: Call::new(Method::POST, "/v1/user_role", body.clone()),
            change: vec![Call::new(Method::PATCH, &path, body)],
            path,
        }
    }

    /// A directory of this kind: `ldap`, `saml` or `oidc`.
    pub(super) fn directory(name: &str, kind: &str, content: &Map<String, Value>) -> Self {
        let path = path_of("/v1/server", &[name]);
        let body = json!({ "config": { "name": name, kind: content } });
        Self::Object {
            name: name.to_owned(),
            create: Call::new(Method::POST, "/v1/server", body.clone()),
            change: vec![Call::new(Method::PATCH, &path, body)],
            path,
        }
    }

    /// The order in which directories are asked for a password.
    pub(super) fn auth_order(order: &Value) -> Self {
        let body = json!({ "config": { "auth_order": order } });
        Self::Setting(Call::new(Method::PATCH, "/v1/system/config", body))
    }
}

/// The router, called by somebody.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) router: Router,
    pub(super) caller: Caller,
}

impl Client {
    /// Changes what exists, and makes what does not: then it says so.
    pub(super) async fn put(&self, wanted: Wanted) -> anyhow::Result<bool> {
        let (calls, is_new) = match wanted {
            Wanted::Object { path, create, change, .. } => {
                match self.send(&Call::get(path)).await? {
                    (StatusCode::OK, _) => (change, false),
                    _ => (vec![create], true),
                }
            }
            Wanted::Setting(call) => (vec![call], false),
        };
        for call in calls {
            let (status, body) = self.send(&call).await?;
            if status != StatusCode::OK {
                let body = serde_json::from_slice::<ErrorBody>(&body).context(status)?;
                anyhow::bail!("{status}: {}", body.message);
            }
        }
        Ok(is_new)
    }

    /// One call, with status and body of its answer.
    pub(super) async fn send(&self, call: &Call) -> anyhow::Result<(StatusCode, Vec<u8>)> {
        let body = call.body.as_ref().map_or_else(Body::empty, |body| body.to_string().into());
        let request = Request::builder().method(&call.method).uri(&call.path);
        let mut request = request.body(body).context("the name")?;
        request.extensions_mut().insert(InProcess(self.caller.clone()));
        let answer = self.router.clone().oneshot(request).await?;
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), MOST_ANSWER_BYTES).await?;
        Ok((status, body.to_vec()))
    }
}

/// A path with names in it.
pub(super) fn path_of(area: &str, names: &[&str]) -> String {
    let Ok(mut url) = Url::parse("https://primary").and_then(|url| url.join(area)) else {
        return area.to_owned();
    };
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend(names);
    }
    url.path().to_owned()
}
