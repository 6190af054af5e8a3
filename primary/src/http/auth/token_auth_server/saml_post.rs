//! `GET /v1/token_auth_server/{server}/post`

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, header};
use ring::digest::{SHA256, digest};

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::query::Query;
use crate::identity::{Service, escape};

/// The one thing that the page does by itself.
const SCRIPT: &str = "document.forms[0].submit()";

/// Bring a message to a provider of SAML
///
/// The page that has the browser post our message, where the provider takes
/// messages by HTTP-POST alone; `redirect_url` leads here.
#[utoipa::path(
    get,
    path = "/v1/token_auth_server/{server}/post",
    tag = "auth",
    params(
        ("server" = String, Path),
        ("service" = String, Query, description = "`login` or `logout`"),
        ("SAMLRequest" = Option<String>, Query, description = "Our request, in base64"),
        ("SAMLResponse" = Option<String>, Query, description = "Our answer, in base64"),
        ("RelayState" = Option<String>, Query, description = "What is sent along"),
    ),
    responses((status = OK, body = String, content_type = "text/html")),
)]
pub(super) async fn token_auth_server_post_get(
    State(app): State<App>,
    Path(server): Path<String>,
    query: Query,
) -> Result<Response> {
    let service = query
        .get("service")
        .and_then(Service::parse)
        .ok_or_else(|| ApiError::invalid_request("The service is login or logout."))?;
    let to = app.identity.saml_post_address(&server, service).await?;
    let fields = ["SAMLRequest", "SAMLResponse", "RelayState"]
        .into_iter()
        .filter_map(|name| Some((name, query.get(name)?)));
    let mut response = Html(page(&to, fields)).into_response();
    let policy = HeaderValue::try_from(policy()).map_err(ApiError::internal)?;
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ] {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// Where a provider sends the browser after the post, only the provider knows,
/// and browsers ask the policy about that too.
fn policy() -> String {
    let hash = STANDARD.encode(digest(&SHA256, SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{hash}'; form-action https:; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

fn page<'a>(to: &str, fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let fields: Vec<String> = fields
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
        })
        .collect();
    let fields = fields.concat();
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Palisade</title>\
         <form method=\"post\" action=\"{}\">{fields}<noscript><button>Go on</button></noscript>\
         </form><script>{SCRIPT}</script></html>\n",
        escape(to)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_posted_stays_within_its_field() {
        let hostile = "\"><script>alert(1)</script>";
        let page = page("https://idp/sso?a=1&b='", std::iter::once(("RelayState", hostile)));
        assert_eq!(page.matches("<script>").count(), 1, "{page}");
        assert!(page.contains("action=\"https://idp/sso?a=1&amp;b=&apos;\""), "{page}");
    }
}
