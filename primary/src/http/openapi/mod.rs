//! The OpenAPI document: what all endpoints have in common, and the route
//! that serves it.

mod operation;
mod tag;

use std::io::{self, Write as _};

use axum::body::Bytes;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use palisade_api::rest::error::ErrorBody;
use palisade_api::rest::harbor::{HarborError, HarborErrorData};
use palisade_api::{Code, Digest};
use palisade_transport::server::knows_tag;
use tokio::sync::OnceCell;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::{
    HttpMethod, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Schema,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::compress::AsItIs;
use super::error::ApiError;
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
    a field that nothing in the list has is passed over. The lists of a whole fleet below `/v1/fed` take \
    what each of them names. What has an `ETag` is not sent again to who \
    shows it by `If-None-Match`. A change of a user, a role, a server, `auth_order`, the password \
    profile, an accepted vulnerability, a root of trust, a verifier, the rollout policy or the labels of a \
    cluster answers with an `ETag` of what it left; with that as `If-Match`, another one is refused with \
    412, code 4, where somebody changed it since. The weak one that a `GET` answers with names no \
    version.\n\n\
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
    document.tags = Some(tag::all().collect());
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

/// The document as it is sent: plain, and packed for who takes that.
struct Served {
    plain: Form,
    gzip: Form,
}

/// One form of it, and what that is known by.
struct Form {
    body: Bytes,
    tag: String,
}

impl From<Vec<u8>> for Form {
    fn from(body: Vec<u8>) -> Self {
        Self { tag: format!("W/\"{}\"", Digest::of(&body)), body: body.into() }
    }
}

/// Made once, for strangers may ask for it, as often as they like.
static SERVED: OnceCell<Served> = OnceCell::const_new();

fn made() -> io::Result<Served> {
    let text = text(&super::document()?)?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes())?;
    Ok(Served { plain: text.into_bytes().into(), gzip: gzip.finish()?.into() })
}

async fn serve(headers: HeaderMap) -> Result<Response, ApiError> {
    let served = SERVED.get_or_try_init(async || made()).await.map_err(ApiError::internal)?;
    let packed = takes_gzip(&headers);
    let Form { body, tag } = if packed { &served.gzip } else { &served.plain };
    let known = [(header::ETAG, tag.as_str()), (header::VARY, "accept-encoding")];
    if knows_tag(&headers, tag) {
        return Ok((StatusCode::NOT_MODIFIED, known).into_response());
    }
    let mut response = (known, Extension(AsItIs), body.clone()).into_response();
    let mut say = |name: HeaderName, value: &'static str| {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    };
    say(header::CONTENT_TYPE, "application/json");
    if packed {
        say(header::CONTENT_ENCODING, "gzip");
    }
    Ok(response)
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.trim().eq_ignore_ascii_case("gzip"))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn each_error_and_each_export_has_a_body() -> serde_json::Result<()> {
        let document = serde_json::to_value(crate::http::document()?)?;
        let each = |object: &serde_json::Value| object.as_object().cloned().unwrap_or_default();
        let mut exports = 0;
        for (path, item) in each(&document["paths"]) {
            for (method, operation) in each(&item) {
                for (status, answer) in each(&operation["responses"]) {
                    let is_error = status == "default" || status.starts_with(['4', '5']);
                    assert!(!is_error || answer["content"].is_object(), "{method} {path} {status}");
                }
                let mut parameters = operation["parameters"].as_array().into_iter().flatten();
                if parameters.any(|one| one["name"] == "format") {
                    let answer = &operation["responses"]["200"]["content"];
                    let is_list = answer["application/json"].is_object();
                    assert_eq!(answer["text/csv"].is_object(), is_list, "{method} {path}");
                    exports += usize::from(is_list);
                }
            }
        }
        assert!(exports > 0);
        Ok(())
    }

    #[test]
    fn each_import_takes_a_form_and_can_be_asked_for_without_a_file() -> serde_json::Result<()> {
        let document = serde_json::to_value(crate::http::document()?)?;
        for kind in ["", "admission/", "dlp/", "group/", "response/rule/", "waf/"] {
            let body = &document["paths"][format!("/v1/file/{kind}config")]["post"]["requestBody"];
            let form = &body["content"]["multipart/form-data"]["schema"];
            assert_eq!(form["properties"]["configuration"]["format"], "binary", "{kind} {body}");
            assert_eq!(body["required"], false, "{kind}");
        }
        Ok(())
    }

    async fn asked(accept: &str) -> (Option<HeaderValue>, Bytes) {
        let request = http::Request::get("/").header(header::ACCEPT_ENCODING, accept);
        let router = Router::<()>::new().route("/", get(serve));
        let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert!(answer.extensions().get::<AsItIs>().is_some());
        let encoding = answer.headers().get(header::CONTENT_ENCODING).cloned();
        (encoding, to_bytes(answer.into_body(), usize::MAX).await.unwrap())
    }

    #[tokio::test]
    async fn the_document_is_made_and_packed_once_however_many_ask() {
        for (accept, packed) in [("br", false), ("gzip, br", true), ("gzip;q=0", false)] {
            let (encoding, first) = asked(accept).await;
            let (_, second) = asked(accept).await;
            assert_eq!(encoding.is_some(), packed, "{accept}");
            assert_eq!(first.as_ptr(), second.as_ptr(), "{accept}");
            assert_eq!(first.starts_with(b"{"), !packed, "{accept}");
        }
    }

    #[tokio::test]
    async fn who_knows_the_document_is_not_sent_it() {
        let ask = async |accept: &str, known: &str| {
            let request = http::Request::get("/")
                .header(header::ACCEPT_ENCODING, accept)
                .header(header::IF_NONE_MATCH, known);
            let router = Router::<()>::new().route("/", get(serve));
            let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let tag = answer.headers()[header::ETAG].to_str().unwrap().to_owned();
            (answer.status(), tag)
        };
        let (status, tag) = ask("gzip", "W/\"other\"").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(ask("gzip", &tag).await, (StatusCode::NOT_MODIFIED, tag.clone()));
        // What is sent otherwise is another answer.
        assert_eq!(ask("br", &tag).await.0, StatusCode::OK);
    }
}
