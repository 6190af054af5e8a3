//! The OpenAPI document: what all endpoints have in common, and the route
//! that serves it.

mod operation;

use axum::Router;
use axum::routing::get;
use http::header;
use palisade_api::Code;
use palisade_api::rest::error::ErrorBody;
use palisade_api::rest::harbor::{HarborError, HarborErrorData};
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::{
    HttpMethod, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Schema,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::App;

/// The security scheme of session tokens.
const SESSION: &str = "session";
/// The security scheme of API keys.
const API_KEY: &str = "apikey";
/// The security scheme of browsers.
const COOKIE: &str = "cookie";
/// How callers prove who they are.
const ABOUT: &str = "The REST API of the primary.\n\n\
    A call carries `X-Auth-Token` with the token of a login (`POST /v1/auth`), or `X-Auth-Apikey` \
    with name and secret of an API key, a colon between. Browsers use neither: a login with the \
    header `X-Auth-Cookie: true` sets the cookie `__Host-palisade-session` (HttpOnly, Secure, \
    SameSite=Strict), which no script can read; it counts only on calls that carry that header \
    again and come from the same origin. `GET /v1/selfuser` tells a page after a reload whether \
    the session still lives; `DELETE /v1/auth` ends it and takes the cookie away. Without a valid \
    identity: 401, code 3; without the permission: 403, code 25.\n\n\
    Lists with `start` and `limit` are filtered by `f_FIELD=VALUE` or `f_FIELD=OPERATOR,VALUE` (`eq`, \
    `neq`, `in`, `notin`, `gt`, `gte`, `lt`, `lte`, `prefix`), and sorted by `s_FIELD=asc` or `desc`; \
    a field that nothing in the list has is passed over. What has an `ETag` is not sent again to who \
    shows it by `If-None-Match`.\n\n\
    What is federated is changed with the permission `fed` (write) beside that of the path. Times are \
    in UTC: `…_timestamp` in seconds since 1970, `…_at` as RFC 3339; sizes are in bytes, and other \
    units stand with their field.";

/// The name of the license, as SPDX has it.
const LICENSE: &str = env!("CARGO_PKG_LICENSE");

/// What clusters alone answer, as `palisade-agent openapi` tells it: this program
/// knows nothing of the agent's.
const OF_CLUSTERS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/cluster.json"));
/// What is said of each of these.
const HANDED_ON: &str = "Answered by the home cluster, or below `/v1/fed/cluster/{id}` by any other. \
    Without a home cluster lists are empty, and all else is refused.";

/// The endpoints of clusters that the primary hands on.
pub(super) fn of_clusters() -> serde_json::Result<OpenApi> {
    let mut document: OpenApi = serde_json::from_str(OF_CLUSTERS)?;
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post, &mut item.patch].into_iter().flatten() {
            let own = operation.description.take().map(|text| text + "\n\n").unwrap_or_default();
            operation.description = Some(own + HANDED_ON);
        }
    }
    Ok(document)
}

/// The document without endpoints.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Palisade")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(format!("{ABOUT}\n\n{}", codes())))
        .license(Some(LicenseBuilder::new().name(LICENSE).identifier(Some(LICENSE)).build()))
        .build();
    // Where the document is read from; some generators take another place for granted.
    let here = ServerBuilder::new().url("/").build();
    OpenApiBuilder::new().info(info).servers(Some([here])).build()
}

/// The codes of errors, for people.
fn codes() -> String {
    let line = |code: &Code| {
        format!("| {} | {} | {} |\n", *code as u32, code.http().as_u16(), code.text())
    };
    let lines: String = Code::ALL.iter().map(line).collect();
    format!(
        "Errors have a numeric code:\n\n| code | usual status | error |\n| --- | --- | --- |\n{lines}"
    )
}

/// Adds to every endpoint what all have in common: the errors, the permission
/// that is needed, and examples.
pub(super) fn complete(mut document: OpenApi) -> serde_json::Result<OpenApi> {
    let examples = operation::examples()?;
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
                let by = [SESSION, API_KEY, COOKIE];
                operation::complete(method, path, operation, &by, &examples);
            }
        }
    }
    Ok(document)
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
    let text = super::document()
        .and_then(|document| text(&document))
        .map_err(super::error::ApiError::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use palisade_identity::{Need, route_access};
    use serde_json::{Map, Value, json};

    use super::*;

    #[test]
    fn the_checked_in_document_is_that_of_the_program() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/palisade.json");
        let checked_in = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            checked_in == text(&crate::http::document().unwrap()).unwrap(),
            "openapi/palisade.json is old: run `make openapi` and commit it"
        );
    }

    #[test]
    fn every_endpoint_has_an_id_an_error_and_its_security() {
        let document = serde_json::to_value(crate::http::document().unwrap()).unwrap();
        let mut ids = HashSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap_or_default();
                assert!(!id.is_empty() && ids.insert(id.to_owned()), "{method} {path}: id {id:?}");
                assert!(operation["responses"]["default"].is_object(), "{method} {path}");
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let described = response["description"].as_str();
                    assert!(described.is_some_and(|text| !text.is_empty()), "{path} {status}");
                }
                assert!(operation["x-permission"].is_string(), "{method} {path}");
                let need = route_access::required(&method.to_uppercase(), path).need;
                let open = operation["security"].as_array().unwrap().is_empty();
                assert_eq!(open, need == Need::Open, "{method} {path}: {need:?}");
            }
        }
    }

    fn is_number(schema: &Value) -> bool {
        let kinds =
            [&schema["type"]].into_iter().chain(schema["type"].as_array().into_iter().flatten());
        kinds.filter_map(Value::as_str).any(|kind| matches!(kind, "integer" | "number"))
    }

    #[test]
    fn every_number_says_what_it_counts() {
        let document = serde_json::to_value(crate::http::document().unwrap()).unwrap();
        let mut silent = Vec::new();
        let described =
            |one: &Value| one["description"].as_str().is_some_and(|text| !text.is_empty());
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let parts = ["allOf", "oneOf", "anyOf"].iter().filter_map(|key| schema[key].as_array());
            for part in parts.flatten().chain([schema]) {
                for (property, of) in part["properties"].as_object().into_iter().flatten() {
                    let since = of["description"].as_str().unwrap_or_default();
                    let moment = property.ends_with("_timestamp");
                    let vague = moment && !since.contains("nix seconds") && !since.contains("1970");
                    if is_number(of) && (!described(of) || vague) {
                        silent.push(format!("{name}.{property}"));
                    }
                }
            }
        }
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for one in operation["parameters"].as_array().into_iter().flatten() {
                    if is_number(&one["schema"]) && !described(one) {
                        silent.push(format!("{method} {path} {}", one["name"]));
                    }
                }
            }
        }
        assert!(silent.is_empty(), "{silent:#?}");
    }

    /// A schema in place of its name, with what is flattened into it as its own.
    fn plain(schemas: &Value, schema: &Value) -> Value {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            return plain(schemas, &schemas[name]);
        }
        let Some(parts) = schema["allOf"].as_array() else { return schema.clone() };
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in parts.iter().map(|part| plain(schemas, part)) {
            properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
            required.extend(part["required"].as_array().cloned().unwrap_or_default());
        }
        json!({ "properties": properties, "required": required })
    }

    /// What an example says that its schema does not know, or lacks.
    fn misfits(
        schemas: &Value,
        schema: &Value,
        example: &Value,
        at: &str,
        found: &mut Vec<String>,
    ) {
        let schema = plain(schemas, schema);
        let parts = ["oneOf", "anyOf"].iter().filter_map(|key| schema[key].as_array());
        if let Some(part) = parts.flatten().find(|part| part["type"] != "null") {
            return misfits(schemas, part, example, at, found);
        }
        if let (Some(properties), Some(values)) =
            (schema["properties"].as_object(), example.as_object())
        {
            for (key, value) in values {
                match properties.get(key) {
                    Some(property) => {
                        misfits(schemas, property, value, &format!("{at}.{key}"), found);
                    }
                    None => found.push(format!("{at} knows no {key}")),
                }
            }
            let required = schema["required"].as_array().into_iter().flatten();
            let lacks = required.filter_map(Value::as_str).filter(|key| !values.contains_key(*key));
            found.extend(lacks.map(|key| format!("{at} lacks {key}")));
        }
        for value in example.as_array().into_iter().flatten() {
            misfits(schemas, &schema["items"], value, at, found);
        }
    }

    #[test]
    fn every_body_with_a_name_has_an_example() {
        let document = serde_json::to_value(crate::http::document().unwrap()).unwrap();
        let mut without = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let body = &operation["requestBody"]["content"]["application/json"];
                if body["schema"]["$ref"].is_string() && body["example"].is_null() {
                    without.push(format!("{method} {path}"));
                }
            }
        }
        assert!(without.is_empty(), "{without:#?}");
    }

    #[test]
    fn every_answer_has_an_example() {
        let document = serde_json::to_value(crate::http::document().unwrap()).unwrap();
        let mut without = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let contents = response["content"].as_object().into_iter().flatten();
                    // Documents in the form of a standard have their examples there.
                    let mut ours = contents.filter(|(kind, content)| {
                        *kind == "application/json" || content["schema"]["$ref"].is_string()
                    });
                    let silent = ours.any(|(_, content)| content["example"].is_null());
                    if status.starts_with('2') && silent {
                        without.push(format!("{method} {path} {status}"));
                    }
                }
            }
        }
        assert!(without.is_empty(), "{without:#?}");
    }

    #[test]
    fn examples_are_as_their_schemas_say() {
        let document = serde_json::to_value(crate::http::document().unwrap()).unwrap();
        let schemas = &document["components"]["schemas"];
        let mut found = Vec::new();
        for (name, example) in operation::examples().unwrap() {
            if let Some((method, path)) = name.split_once(' ') {
                let answers = &document["paths"][path][method.to_lowercase()]["responses"];
                assert!(answers["200"].is_object(), "nothing answers {name}");
                continue;
            }
            assert!(schemas[&name].is_object(), "no schema {name}");
            misfits(schemas, &schemas[&name], &example, &name, &mut found);
        }
        assert!(found.is_empty(), "{found:#?}");
        let body = &document["paths"]["/v1/user"]["post"]["requestBody"]["content"];
        assert_eq!(body["application/json"]["example"]["user"]["username"], "mary");
        let answer = &document["paths"]["/v1/user"]["get"]["responses"]["200"]["content"];
        assert_eq!(answer["application/json"]["example"]["users"][0]["username"], "mary");
    }
}
