//! The OpenAPI document: what all endpoints have in common, and the route
//! that serves it.

use axum::Router;
use axum::routing::get;
use http::header;
use palisade_api::rest::error::ErrorBody;
use palisade_api::rest::harbor::{HarborError, HarborErrorData};
use palisade_identity::{Need, route_access};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, HttpMethod, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
    ResponseBuilder, Schema,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::App;

/// The security scheme of session tokens.
const SESSION: &str = "session";
/// The security scheme of API keys.
const API_KEY: &str = "apikey";
/// The security scheme of browsers.
const COOKIE: &str = "cookie";
/// Documents that are exported: handlers give their text, clients read what is
/// in it.
const YAML: &str = "application/yaml";
/// How callers prove who they are.
const ABOUT: &str = "The REST API of the primary.\n\n\
    A call carries `X-Auth-Token` with the token of a login (`POST /v1/auth`), or `X-Auth-Apikey` \
    with name and secret of an API key, a colon between. Browsers use neither: a login with the \
    header `X-Auth-Cookie: true` sets the cookie `__Host-palisade-session` (HttpOnly, Secure, \
    SameSite=Strict), which no script can read; it counts only on calls that carry that header \
    again and come from the same origin. `GET /v1/selfuser` tells a page after a reload whether \
    the session still lives; `DELETE /v1/auth` ends it and takes the cookie away. Without a valid \
    identity: 401, code 3; without the permission: 403, code 25.";

/// The document without endpoints.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Palisade")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .build();
    OpenApiBuilder::new().info(info).build()
}

/// Adds to every endpoint what all have in common: the error body, and the
/// session where one is needed.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_default();
    components.schemas.insert(ErrorBody::name().into_owned(), ErrorBody::schema());
    components.schemas.insert(HarborErrorData::name().into_owned(), HarborErrorData::schema());
    components.schemas.insert(HarborError::name().into_owned(), HarborError::schema());
    components.security_schemes.insert(
        SESSION.to_owned(),
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-Auth-Token"))).into(),
    );
    components.security_schemes.insert(
        API_KEY.to_owned(),
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-Auth-Apikey"))).into(),
    );
    components.security_schemes.insert(
        COOKIE.to_owned(),
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(super::auth::cookie::NAME))).into(),
    );
    // One shape may be a part of another: clients get any of them, not just one
    // that nothing else fits.
    for schema in components.schemas.values_mut() {
        if let RefOr::T(Schema::OneOf(one_of)) = schema {
            let items = std::mem::take(&mut one_of.items);
            let any_of = AnyOfBuilder::new().description(one_of.description.take());
            let any_of = items.into_iter().fold(any_of, AnyOfBuilder::item);
            *schema = RefOr::T(Schema::AnyOf(any_of.build()));
        }
    }
    let paths = std::mem::take(&mut document.paths.paths);
    // The router's mark of a rest of many segments is no part of its name.
    document.paths.paths =
        paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("PATCH", &mut item.patch),
            ("DELETE", &mut item.delete),
        ] {
            if let Some(operation) = operation {
                complete_operation(method, path, operation);
            }
        }
    }
    document
}

fn complete_operation(method: &str, path: &str, operation: &mut Operation) {
    // Harbor has a shape of its own for errors.
    let (kind, body) = if path.starts_with(super::harbor::BASE) {
        (super::harbor::ERROR, HarborErrorData::name())
    } else {
        ("application/json", ErrorBody::name())
    };
    let error = ResponseBuilder::new()
        .description("An error.")
        .content(kind, ContentBuilder::new().schema(Some(Ref::from_schema_name(body))).build())
        .build();
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && let Some(RefOr::T(content)) = response.content.get_mut(YAML)
        {
            content.schema = Some(ObjectBuilder::new().build().into());
        }
    }
    operation.responses.responses.entry("default".to_owned()).or_insert_with(|| error.into());
    if route_access::required(method, path).need != Need::Open {
        let by = |scheme| SecurityRequirement::new::<_, [&str; 0], _>(scheme, []);
        operation.security = Some(vec![by(SESSION), by(API_KEY), by(COOKIE)]);
    }
}

/// The methods and paths of the document.
pub fn endpoints(document: &OpenApi) -> Vec<(HttpMethod, String)> {
    document
        .paths
        .paths
        .iter()
        .flat_map(|(path, item)| {
            [
                (HttpMethod::Get, &item.get),
                (HttpMethod::Post, &item.post),
                (HttpMethod::Put, &item.put),
                (HttpMethod::Patch, &item.patch),
                (HttpMethod::Delete, &item.delete),
            ]
            .into_iter()
            .filter(|(_, operation)| operation.is_some())
            .map(move |(method, _)| (method, path.clone()))
        })
        .collect()
}

/// The document as text, with a line break at the end.
pub fn text(document: &OpenApi) -> serde_json::Result<String> {
    document.to_pretty_json().map(|text| text + "\n")
}

/// `/openapi.json`.
pub(super) fn router() -> Router<App> {
    Router::new().route("/openapi.json", get(serve))
}

async fn serve() -> Result<impl axum::response::IntoResponse, super::error::ApiError> {
    let text = text(&super::document()).map_err(super::error::ApiError::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_checked_in_document_is_that_of_the_program() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/palisade.json");
        let checked_in = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            checked_in == text(&crate::http::document()).unwrap(),
            "openapi/palisade.json is old: run `make openapi` and commit it"
        );
    }

    #[test]
    fn every_endpoint_has_an_id_an_error_and_its_security() {
        let document = serde_json::to_value(crate::http::document()).unwrap();
        let mut ids = HashSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap_or_default();
                assert!(!id.is_empty() && ids.insert(id.to_owned()), "{method} {path}: id {id:?}");
                assert!(operation["responses"]["default"].is_object(), "{method} {path}");
                let need = route_access::required(&method.to_uppercase(), path).need;
                let open = operation.get("security").is_none_or(Value::is_null);
                assert_eq!(open, need == Need::Open, "{method} {path}: {need:?}");
            }
        }
    }
}
