//! `GET /v1/server`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::server::ServersData;

use super::shown::{mappable, server};
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::Authenticated;
use crate::http::query::{Page, Query};

/// What clients filter by, and no directory has as a field: its kind.
const KINDS: &[&str] = &["ldap", "saml", "oidc"];
/// The same: what it is for.
const CATEGORIES: &[&str] = &["auth"];

/// List the directories
///
/// `f_type` leaves those of a kind: `ldap`, `saml` or `oidc`.
#[utoipa::path(
    get,
    path = "/v1/server",
    tag = "server",
    params(Page),
    responses((status = OK, body = ServersData)),
)]
pub(super) async fn server_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<ServersData>> {
    wanted(&query, "category", CATEGORIES)?;
    let kind = wanted(&query, "type", KINDS)?;
    let rows = app.identity.directories().await?;
    let servers = rows.iter().map(server);
    let servers = servers.filter(|server| kind.is_none_or(|kind| server.server_type == kind));
    Ok(Json(ServersData {
        servers: query.list(servers.collect())?,
        mappable_roles: mappable(&app, &caller).await?,
    }))
}

/// The value of the filter by `field`, one of those that are known.
fn wanted<'a>(query: &'a Query, field: &str, known: &[&str]) -> Result<Option<&'a str>> {
    let filters = query.filters();
    let of_field = filters.iter().filter(|filter| filter.field == field);
    let Some(wanted) = of_field.map(|filter| filter.wanted).find(|wanted| !wanted.is_empty())
    else {
        return Ok(None);
    };
    if known.contains(&wanted) {
        Ok(Some(wanted))
    } else {
        let known = known.join(", ");
        Err(ApiError::invalid_request(format!("f_{field} is one of these: {known}.")))
    }
}
