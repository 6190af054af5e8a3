//! The end of a login at a provider: `POST /v1/auth/{server}` with `Token`.

use axum::response::Response;
use http::{HeaderMap, header};
use palisade_api::rest::auth::AuthToken;

use super::BROWSER;
use crate::App;
use crate::http::auth::{answer, cookie, failure};
use crate::http::error::Result;
use crate::http::trail;
use crate::identity::{FinishSso, LoginOutcome};

/// What of the request the login needs beside its body.
pub(in crate::http::auth) struct Browser {
    asked: bool,
    held: Option<secrecy::SecretString>,
}

impl Browser {
    pub(in crate::http::auth) fn of(headers: &HeaderMap) -> Self {
        Self {
            asked: cookie::asked(headers),
            held: cookie::value(headers, BROWSER).map(Into::into),
        }
    }
}

/// Exchanges what the browser brought back for a session.
pub(in crate::http::auth) async fn finish(
    app: &App,
    server: String,
    token: AuthToken,
    browser: Browser,
    address: String,
) -> Result<Response> {
    let for_browser = browser.asked;
    let (provider, from) = (server.clone(), address.clone());
    let finish = FinishSso {
        server,
        code: token.token,
        state: token.state,
        issuer: token.iss,
        redirect_endpoint: token.redirect_endpoint,
        browser: browser.held,
        for_browser,
        address,
    };
    let logged_in = match app.identity.finish_sso(finish).await {
        Ok(logged_in) => logged_in,
        Err(error) => {
            failure::single_sign_on(app, &provider, &from, &error).await;
            return Err(error.into());
        }
    };
    if logged_in.groups_withheld {
        failure::groups_withheld(app, &provider, Some(&logged_in.user.row.fullname), &from).await;
    }
    let outcome = LoginOutcome::LoggedIn(Box::new(logged_in));
    trail::logged_in(app, &outcome, &from).await;
    let mut response = answer(outcome, for_browser)?;
    if for_browser {
        response.headers_mut().append(header::SET_COOKIE, cookie::clear(BROWSER)?);
    }
    Ok(response)
}
