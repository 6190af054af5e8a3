//! Who Harbor is: a user whose name and password, or token, it was given.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use secrecy::ExposeSecret as _;

use super::error::{AdapterError, ERROR};
use crate::App;
use crate::http::auth::failure;
use crate::http::authorize::peer;
use crate::http::error::Result;
use crate::http::trail;
use crate::identity::{Login, LoginBy};

const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const API_KEY: HeaderName = HeaderName::from_static("x-auth-apikey");
const HARBOR_KEY: HeaderName = HeaderName::from_static("x-scanneradapter-api-key");

/// Turns the ways in which Harbor says who it is into ours, and refusals into
/// what it understands.
pub(in crate::http) async fn harbor_login(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    if !request.uri().path().starts_with(super::BASE) {
        return next.run(request).await;
    }
    if let Err(error) = identify(&app, &mut request).await {
        return AdapterError::from(error).into_response();
    }
    let response = next.run(request).await;
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == ERROR) {
        return response;
    }
    // What refused it stands before the adapter, and speaks as the rest of the API.
    match response.status() {
        status @ StatusCode::UNAUTHORIZED => {
            AdapterError(status, "Authentication failed.".to_owned()).into_response()
        }
        status @ StatusCode::FORBIDDEN => {
            let message = "The user needs the permission ci_scan.".to_owned();
            AdapterError(status, message).into_response()
        }
        status @ StatusCode::BAD_REQUEST => {
            AdapterError(status, "The path or the query is malformed.".to_owned()).into_response()
        }
        _ => response,
    }
}

async fn identify(app: &App, request: &mut Request) -> Result<()> {
    let Some(given) = given(request.headers()) else { return Ok(()) };
    let (name, value) = match given {
        Given::Password { username, password } => {
            let address = peer(request);
            let (password, by) = (password.into(), LoginBy::Any);
            let login = Login { username, password, new_password: None, address, by };
            let (name, from) = (login.username.clone(), login.address.clone());
            match app.identity.login_again(login).await {
                Ok((token, begun)) => {
                    if let Some(begun) = &begun {
                        trail::logged_in(app, begun, &from).await;
                    }
                    (TOKEN, token.expose_secret().to_owned())
                }
                Err(error) => {
                    failure::password(app, &name, &from, &error).await;
                    return Err(error.into());
                }
            }
        }
        // An API key is name and secret; a session token has no colon.
        Given::Token(token) if token.contains(':') => (API_KEY, token),
        Given::Token(token) => (TOKEN, token),
    };
    if let Ok(mut value) = HeaderValue::from_str(&value) {
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    Ok(())
}

enum Given {
    Password { username: String, password: String },
    Token(String),
}

fn given(headers: &HeaderMap) -> Option<Given> {
    if let Some(key) = headers.get(HARBOR_KEY) {
        return Some(Given::Token(key.to_str().ok()?.trim().to_owned()));
    }
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = authorization.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Given::Token(rest.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    // A name with a NUL is nobody's.
    let (username, password) = text.split_once(':').filter(|(name, _)| !name.contains('\0'))?;
    Some(Given::Password { username: username.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harbor_says_who_it_is_in_three_ways() {
        let read = |name: HeaderName, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            match given(&headers) {
                None => "none".to_owned(),
                Some(Given::Token(token)) => format!("token {token}"),
                Some(Given::Password { username, password }) => format!("{username} {password}"),
            }
        };
        for (name, value, expected) in [
            (header::AUTHORIZATION, "Basic aGFyYm9yOmNvZjpmZWU=", "harbor cof:fee"),
            (header::AUTHORIZATION, "bearer abc", "token abc"),
            (HARBOR_KEY, "key:secret", "token key:secret"),
            (header::AUTHORIZATION, "Basic ???", "none"),
            (header::AUTHORIZATION, "Basic YQBiOmM=", "none"),
            (header::AUTHORIZATION, "Digest x", "none"),
        ] {
            assert_eq!(read(name, value), expected);
        }
    }
}
