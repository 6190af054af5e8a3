//! Lets callers in, before any endpoint runs: by the table of paths and
//! permissions, so that no endpoint can forget it.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName};
use palisade_identity::{Need, route_access};
use palisade_transport::server::PeerAddress;

use super::error::{ApiError, Result};
use crate::App;
use crate::identity::AuthenticateError;

/// Header of session tokens.
const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// Authenticates the caller where the path needs one, and checks what it may.
pub(super) async fn authorize(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response> {
    let_in(&app, &mut request).await?;
    Ok(next.run(request).await)
}

/// Adds the caller to the request, if the path may be called by them.
pub(super) async fn let_in(app: &App, request: &mut Request) -> Result<()> {
    let route = request.extensions().get::<MatchedPath>();
    let path = route.map_or_else(|| request.uri().path(), MatchedPath::as_str);
    let required = route_access::required(request.method().as_str(), path);
    if required.need == Need::Open {
        return Ok(());
    }
    let token = token(request.headers()).ok_or_else(ApiError::unauthorized)?;
    let address = peer(request);
    let caller = app.identity.authenticate(token, &address).await?;
    if !caller.satisfies(required) {
        tracing::info!(user = caller.fullname, role = %caller.role, path, "access denied");
        return Err(ApiError::access_denied(format!(
            "The role {:?} may not do this.",
            caller.role.as_str()
        )));
    }
    request.extensions_mut().insert(caller);
    Ok(())
}

/// The token; none when it is absent, not text, or given twice.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(TOKEN).iter();
    let value = values.next()?.to_str().ok()?;
    (values.next().is_none() && !value.is_empty()).then_some(value)
}

/// The address that the request came from; empty when unknown.
pub(super) fn peer(request: &Request) -> String {
    request
        .extensions()
        .get::<PeerAddress>()
        .map(|PeerAddress(address)| address.ip().to_canonical().to_string())
        .unwrap_or_default()
}

impl From<AuthenticateError> for ApiError {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Unauthorized => Self::unauthorized(),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}
