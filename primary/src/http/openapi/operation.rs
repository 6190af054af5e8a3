//! What is said of each operation without its handler: who may call it, which
//! errors it answers with, and examples of what is sent and answered.

use std::collections::BTreeMap;

use http::StatusCode;
use palisade_api::Code;
use palisade_api::rest::attachment::PART;
use palisade_api::rest::error::ErrorBody;
use palisade_api::rest::harbor::HarborErrorData;
use palisade_identity::{Access, Need, Required, namespaced_route, route_access, scoped_route};
use serde_json::{Value, json};
use utoipa::ToSchema as _;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    Content, ContentBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
    Schema, SchemaFormat,
};

use crate::http::harbor;
use crate::http::version::IF_MATCH;

/// Documents that are exported: handlers give their text, clients read what is
/// in it.
const YAML: &str = "application/yaml";
const JSON: &str = "application/json";
/// A form with a file in it.
const FORM: &str = "multipart/form-data";
/// Where files are imported.
const FILES: &str = "/v1/file/";
/// What a list is exported as, beside JSON.
const CSV: &str = "text/csv";
/// The parameter that asks for an export.
const FORMAT: &str = "format";

/// What is sent and answered, by the name of its schema; answers whose schema has none by
/// method and path.
pub(super) type Examples = BTreeMap<String, Value>;

/// Reads the examples.
pub(super) fn examples() -> serde_json::Result<Examples> {
    serde_json::from_str(include_str!("examples.json"))
}

/// Completes the operation of `method` on `path`; `by` are the ways to prove who
/// calls.
pub(super) fn complete(
    method: &str,
    path: &str,
    operation: &mut Operation,
    by: &[&str],
    examples: &Examples,
) {
    let required = route_access::required(method, path);
    describe_need(method, path, operation, required);
    // What needs no identity says so: nothing said would be a gap to who checks.
    let by: &[&str] = if required.need == Need::Open { &[] } else { by };
    let by = by.iter().map(|scheme| SecurityRequirement::new::<_, [&str; 0], _>(*scheme, []));
    operation.security = Some(by.collect());
    describe_export(operation);
    describe_import(path, operation);
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut() {
        let RefOr::T(response) = response else { continue };
        if let Some(RefOr::T(content)) = response.content.get_mut(YAML) {
            content.schema = Some(ObjectBuilder::new().build().into());
        }
        if status.starts_with('2') {
            for (kind, content) in &mut response.content {
                let RefOr::T(content) = content else { continue };
                show_example(content, examples);
                if kind == JSON && content.example.is_none() {
                    content.example = examples.get(&format!("{method} {path}")).cloned();
                }
            }
        }
        if response.description.is_empty() {
            let reason =
                status.parse().ok().and_then(|status: StatusCode| status.canonical_reason());
            response.description = format!("{}.", reason.unwrap_or("Done"));
        }
    }
    // Harbor has a shape of its own for errors.
    if path.starts_with(harbor::BASE) {
        let schema: RefOr<Schema> = Ref::from_schema_name(HarborErrorData::name()).into();
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let error = ResponseBuilder::new().description("An error.").content(harbor::ERROR, content);
        responses.entry("default".to_owned()).or_insert_with(|| error.build().into());
        return;
    }
    let errors = responses.iter_mut().filter(|(status, _)| status.starts_with(['4', '5']));
    for (_, response) in errors {
        if let RefOr::T(response) = response
            && response.content.is_empty()
        {
            response.content.insert(JSON.to_owned(), error_body().into());
        }
    }
    let mut refused = Vec::new();
    if operation.request_body.is_some() || operation.parameters.is_some() {
        refused.push((Code::InvalidRequest, "What was sent is not as described"));
    }
    if required.need != Need::Open {
        refused.push((Code::Unauthorized, "No identity, or one that does not count any more"));
        if required.need != Need::Session {
            refused.push((Code::ObjectAccessDenied, "The role may not do this"));
        }
    }
    if path.contains('{') {
        refused.push((Code::ObjectNotFound, "What the path names does not exist"));
    }
    if takes_version(operation) {
        let responses = &mut operation.responses.responses;
        let stale =
            error(Some(Code::OpNotAllowed), "Another version is there than it is meant for");
        responses.insert(StatusCode::PRECONDITION_FAILED.as_str().to_owned(), stale.into());
        if method != "DELETE"
            && let Some(RefOr::T(done)) = responses.get_mut(StatusCode::OK.as_str())
        {
            let text = ObjectBuilder::new().schema_type(Type::String).build();
            let left = HeaderBuilder::new().schema(Some(text));
            let left = left.description(Some("The version that it left, for `If-Match`"));
            done.headers.insert("ETag".to_owned(), left.build().into());
        }
    }
    let responses = &mut operation.responses.responses;
    for (code, why) in refused {
        let status = code.http().as_str().to_owned();
        responses.entry(status).or_insert_with(|| error(Some(code), why).into());
    }
    responses.entry("default".to_owned()).or_insert_with(|| error(None, "An error").into());
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        for content in body.content.values_mut() {
            let RefOr::T(content) = content else { continue };
            show_example(content, examples);
        }
    }
}

/// Whether it can be meant for a version alone.
fn takes_version(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|one| matches!(one, RefOr::T(one) if one.name == IF_MATCH))
}

fn describe_need(method: &str, path: &str, operation: &mut Operation, required: Required) {
    let access = match required.access {
        Access::Read => "read",
        Access::Write => "write",
    };
    let (permission, mut needs) = match required.need {
        Need::Open => ("none".to_owned(), "Needs no identity.".to_owned()),
        Need::Session => ("session".to_owned(), "Needs any identity.".to_owned()),
        Need::Admin => ("admin".to_owned(), "Needs an administrator.".to_owned()),
        Need::Ticket => ("ticket".to_owned(), "Is not for users.".to_owned()),
        Need::Permission(one) | Need::Somewhere(one) | Need::Oneself(one) => {
            let each = |to_text: &dyn Fn(&str) -> String, between: &str| {
                let texts: Vec<String> =
                    one.known(required.access).map(|known| to_text(known.id())).collect();
                texts.join(between)
            };
            let ids = each(&|id| format!("`{id}`"), " or ");
            let permission = each(&|id| format!("{id}:{access}"), " | ");
            (permission, format!("Needs the permission {ids} ({access})."))
        }
    };
    match required.need {
        Need::Somewhere(_) => needs.push_str(" In a namespace it is enough for what is in there."),
        Need::Oneself(_) => needs.push_str(" About oneself it needs any identity."),
        _ => {}
    }
    if namespaced_route::of_fleet(method, path).is_some() {
        needs.push_str(" Without it what is the home cluster's, as far as roles read it there.");
    }
    if required.need != Need::Open && scoped_route::admits(method, path) {
        needs.push_str(" Within an access scope it keeps to that.");
    }
    let said = operation.description.take().map(|text| text + "\n\n").unwrap_or_default();
    operation.description = Some(said + &needs);
    let extensions = ExtensionsBuilder::new().add("x-permission", permission).build();
    operation.extensions.get_or_insert_default().merge(extensions);
}

/// An error in the usual shape.
fn error(code: Option<Code>, why: &str) -> Response {
    let content = error_body();
    let (description, content) = match code {
        Some(code) => {
            let number = code as u32;
            let example = json!({ "code": number, "error": code.text(), "message": code.text() });
            (format!("{why}: code {number}."), content.example(Some(example)))
        }
        None => (format!("{why}."), content),
    };
    ResponseBuilder::new().description(description).content(JSON, content.build()).build()
}

fn error_body() -> ContentBuilder {
    let schema: RefOr<Schema> = Ref::from_schema_name(ErrorBody::name()).into();
    ContentBuilder::new().schema(Some(schema))
}

/// A list that can be asked for as a file is one of comma-separated values as well.
fn describe_export(operation: &mut Operation) {
    let mut parameters = operation.parameters.iter().flatten();
    if !parameters.any(|one| matches!(one, RefOr::T(one) if one.name == FORMAT)) {
        return;
    }
    let answer = operation.responses.responses.get_mut(StatusCode::OK.as_str());
    // An SBOM has forms of its own.
    if let Some(RefOr::T(answer)) = answer
        && answer.content.contains_key(JSON)
    {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let content = ContentBuilder::new().schema(Some(text));
        answer.content.insert(CSV.to_owned(), content.into());
    }
}

/// A file may come as a part of a form, and whoever asks how far an import is sends none.
fn describe_import(path: &str, operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    if !path.starts_with(FILES) || body.content.contains_key(JSON) {
        return;
    }
    let file = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
    let form = ObjectBuilder::new().property(PART, file).required(PART);
    let content = ContentBuilder::new().schema(Some(form));
    body.content.insert(FORM.to_owned(), content.into());
    body.required = Some(utoipa::openapi::Required::False);
}

fn show_example(content: &mut Content, examples: &Examples) {
    let Some(RefOr::Ref(schema)) = &content.schema else { return };
    let name = schema.ref_location.rsplit('/').next().unwrap_or_default();
    if content.example.is_none() {
        content.example = examples.get(name).cloned();
    }
}
