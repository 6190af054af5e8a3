//! Lets callers in, before any endpoint runs: by the table of paths and
//! permissions, so that no endpoint can forget it.

use axum::RequestExt as _;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName};
use palisade_api::rest::path;
use palisade_api::{ClusterId, Code};
use palisade_identity::{
    Caller, Need, Permission, Rights, namespaced_route, route_access, scoped_route,
};
use palisade_transport::server::PeerAddress;
use secrecy::SecretString;
use uuid::Uuid;

use super::auth::cookie;
use super::error::{ApiError, Result};
use super::home;
use super::in_process::InProcess;
use super::trail::Asked;
use crate::App;
use crate::federation::event::{self, Refusal, Refused};
use crate::identity::AuthenticateError;
use crate::store;

/// Header of session tokens.
const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
/// Header of API keys.
const API_KEY: HeaderName = HeaderName::from_static("x-auth-apikey");

/// Header of the session that somebody has with Rancher.
const PLATFORM: HeaderName = HeaderName::from_static("x-r-sess");

/// A character that names nothing, and that no text of the database may have.
const NUL: &str = "%00";

/// Authenticates the caller where the path needs one, checks what it may, and records
/// what it changed, or was refused.
pub(super) async fn authorize(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response> {
    let_in(&app, &mut request, Answers::Primary).await?;
    home::check_scope(&request)?;
    let asked = Asked::of(&request);
    let response = next.run(request).await;
    if let Some(asked) = asked {
        asked.record(&app, response.status()).await;
    }
    Ok(response)
}

/// Who answers a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// The primary itself.
    Primary,
    /// The home cluster, which keeps to the namespaces of roles.
    Home,
}

/// Who calls, with all that they hold: what may turn out to be for the primary to answer
/// is let in once more, and whoever brought it is looked up once.
#[derive(Clone, Debug)]
struct Identified(Caller);

/// Adds the caller to the request, if the path may be called by them.
pub(super) async fn let_in(app: &App, request: &mut Request, answers: Answers) -> Result<()> {
    if request.uri().path_and_query().is_some_and(|uri| uri.as_str().contains(NUL)) {
        return Err(ApiError::invalid_request("A path or query does not contain a NUL."));
    }
    if !path::is_text(request.uri().path()) {
        return Err(ApiError::invalid_request("The path is no UTF-8."));
    }
    let route = request.extensions().get::<MatchedPath>();
    let path = route.map_or_else(|| request.uri().path(), MatchedPath::as_str).to_owned();
    // What it is recorded as: of a bounded number.
    let call = match route {
        Some(route) => format!("{} {}", request.method(), route.as_str()),
        None => "A path that does not exist".to_owned(),
    };
    // What is no route of the primary is a cluster's, and kept to the scope where
    // that is known.
    let is_cluster_level = route.is_none();
    let required = route_access::required(request.method().as_str(), &path);
    let admits_scoped = is_cluster_level || scoped_route::admits(request.method().as_str(), &path);
    if required.need == Need::Open {
        return Ok(());
    }
    // What is borrowed of the request must not be held while waiting.
    let address = peer(request);
    let known = request.extensions_mut().remove().map(|Identified(caller)| caller);
    let own = request.extensions_mut().remove().map(|InProcess(caller)| caller);
    let mut caller = if let Some(caller) = known.or(own) {
        caller
    } else {
        let brought = brought(request);
        // To NeuVector an empty one is none: proxies send it so where nobody came by Rancher.
        let by_platform = request.headers().get(PLATFORM).is_some_and(|sent| !sent.is_empty());
        identify(app, brought, by_platform, &address).await?
    };
    if answers == Answers::Home {
        request.extensions_mut().insert(Identified(caller.clone()));
    }
    match answers {
        // Who reads everything, and rules in a namespace, rules there.
        Answers::Home if caller.is_confined(required) => {
            caller.rights = caller.rights.in_namespaces();
        }
        Answers::Primary if !caller.satisfies(required) => {
            let listed = namespaced_route::of_fleet(request.method().as_str(), &path);
            if let Some(permissions) = listed
                && let Some(rights) = rights_in_fleet(app, &caller, permissions).await?
            {
                caller.rights = rights;
            }
        }
        Answers::Home | Answers::Primary => {}
    }
    let oneself = matches!(required.need, Need::Oneself(_))
        && named(request).await.is_some_and(|fullname| caller.is_user(&fullname));
    let within = caller.rights.scope().is_none() || admits_scoped;
    let in_namespaces = answers == Answers::Home
        && caller.rights.are_of_namespaces()
        && namespaced_route::admits(request.method().as_str(), &path)
        && caller.satisfies_somewhere(required);
    if !(oneself || in_namespaces || within && caller.satisfies(required)) {
        let user = caller.recorded();
        tracing::info!(user = &*user, role = %caller.role, path, "access denied");
        let why = format!("{call} is not for the role {:?}.", caller.role.as_str());
        let whom = Refused::User(&user);
        let refusal = Refusal { whom, address: &address, why: &why };
        event::refused(&app.database, app.clock.now(), refusal).await;
        let role = caller.role.as_str();
        return Err(ApiError::access_denied(if within {
            format!("The role {role:?} may not do this.")
        } else {
            format!("The role {role:?} may not do this within an access scope.")
        }));
    }
    request.extensions_mut().insert(caller);
    Ok(())
}

/// What somebody may read of the fleet whose roles do not read the federation, and count at
/// the home cluster: in a list that tells clusters and namespaces apart, what they read there,
/// and of the primary itself; within a scope, what is within.
pub(super) async fn rights_in_fleet(
    app: &App,
    caller: &Caller,
    permissions: &[Permission],
) -> Result<Option<Rights>> {
    let mut conn = app.database.acquire().await?;
    let primary = store::federation::get(&mut conn).await?.cluster_id;
    let home = store::member::home(&mut conn).await?;
    // Where there is none, a cluster that nobody is.
    let home = home.unwrap_or_else(|| ClusterId::from_uuid(Uuid::nil()));
    Ok(caller.rights.of_fleet(primary, home, permissions))
}

/// The user whom the path names.
async fn named(request: &mut Request) -> Option<String> {
    let parameters = request.extract_parts::<RawPathParams>().await.ok()?;
    let named = parameters.iter().find(|(name, _)| *name == "fullname");
    named.map(|(_, value)| value.to_owned())
}

/// What a request brings along to prove who calls.
enum Brought {
    Token(String),
    ApiKey(SecretString),
}

/// Who calls. Whoever came by a platform is told that it vouches for nobody here.
async fn identify(
    app: &App,
    brought: Result<Brought>,
    by_platform: bool,
    address: &str,
) -> Result<Caller> {
    let identified = match brought {
        Ok(Brought::Token(token)) => {
            app.identity.authenticate(&token, address).await.map_err(ApiError::from)
        }
        Ok(Brought::ApiKey(key)) => {
            app.identity.authenticate_api_key(&key, address).await.map_err(ApiError::from)
        }
        Err(error) => Err(error),
    };
    identified.map_err(|error| match error.code {
        Code::Unauthorized if by_platform => ApiError::of(Code::PlatformAuthDisabled),
        _ => error,
    })
}

/// A token, else an API key, else the cookie of a browser.
fn brought(request: &Request) -> Result<Brought> {
    let headers = request.headers();
    if headers.contains_key(TOKEN) {
        let token = single(headers, TOKEN).ok_or_else(ApiError::unauthorized)?;
        return Ok(Brought::Token(token.to_owned()));
    }
    if headers.contains_key(API_KEY) {
        let key = single(headers, API_KEY).ok_or_else(ApiError::unauthorized)?;
        return Ok(Brought::ApiKey(key.into()));
    }
    match cookie::value(headers, cookie::NAME) {
        Some(token) if cookie::is_own_page(request) => Ok(Brought::Token(token.to_owned())),
        Some(_) => Err(ApiError::new(
            Code::Unauthorized,
            "The cookie counts only beside the header X-Auth-Cookie, on requests of our own page.",
        )),
        None => Err(ApiError::unauthorized()),
    }
}

/// The value of a header; none when it is empty, not text, or given twice.
fn single(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
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
