//! The OpenAPI document against the checked-in file and against itself. Not beside the
//! code: it knows every handler, and the program of the unit tests would have to hold
//! them all a second time.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use palisade_identity::{Need, route_access};
use palisade_primary::http::{document, openapi};
use serde_json::{Map, Value, json};

const EXAMPLES: &str = include_str!("../src/http/openapi/examples.json");

#[test]
fn the_checked_in_document_is_that_of_the_program() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/palisade.json");
    let checked_in = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        checked_in == openapi::text(&document().unwrap()).unwrap(),
        "openapi/palisade.json is old: run `make openapi` and commit it"
    );
}

/// Path, method and operation of each endpoint.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object();
    assert!(paths.is_some_and(|paths| !paths.is_empty()), "no endpoints");
    paths.into_iter().flatten().flat_map(|(path, item)| {
        assert!(item.is_object(), "{path}: {item}");
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

#[test]
fn every_endpoint_has_an_id_an_error_and_its_security() {
    let document = serde_json::to_value(document().unwrap()).unwrap();
    let mut ids = HashSet::new();
    for (path, method, operation) in operations(&document) {
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

fn is_number(schema: &Value) -> bool {
    let kinds =
        [&schema["type"]].into_iter().chain(schema["type"].as_array().into_iter().flatten());
    kinds.filter_map(Value::as_str).any(|kind| matches!(kind, "integer" | "number"))
}

#[test]
fn every_number_says_what_it_counts() {
    let document = serde_json::to_value(document().unwrap()).unwrap();
    let mut silent = Vec::new();
    let described = |one: &Value| one["description"].as_str().is_some_and(|text| !text.is_empty());
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
    for (path, method, operation) in operations(&document) {
        for one in operation["parameters"].as_array().into_iter().flatten() {
            if is_number(&one["schema"]) && !described(one) {
                silent.push(format!("{method} {path} {}", one["name"]));
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
fn misfits(schemas: &Value, schema: &Value, example: &Value, at: &str, found: &mut Vec<String>) {
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
    let document = serde_json::to_value(document().unwrap()).unwrap();
    let mut without = Vec::new();
    for (path, method, operation) in operations(&document) {
        let body = &operation["requestBody"]["content"]["application/json"];
        if body["schema"]["$ref"].is_string() && body["example"].is_null() {
            without.push(format!("{method} {path}"));
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}

#[test]
fn every_answer_has_an_example() {
    let document = serde_json::to_value(document().unwrap()).unwrap();
    let mut without = Vec::new();
    for (path, method, operation) in operations(&document) {
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
    assert!(without.is_empty(), "{without:#?}");
}

#[test]
fn examples_are_as_their_schemas_say() {
    let document = serde_json::to_value(document().unwrap()).unwrap();
    let schemas = &document["components"]["schemas"];
    let mut found = Vec::new();
    let examples: BTreeMap<String, Value> = serde_json::from_str(EXAMPLES).unwrap();
    for (name, example) in examples {
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

#[test]
fn tags_that_are_described_are_those_of_the_endpoints() {
    let document = serde_json::to_value(document().unwrap()).unwrap();
    let used: BTreeSet<&str> = operations(&document)
        .flat_map(|(_, _, operation)| operation["tags"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    let described = document["tags"].as_array().unwrap().iter();
    let described: BTreeSet<&str> = described.filter_map(|tag| tag["name"].as_str()).collect();
    assert_eq!(used, described);
}

#[test]
fn changes_that_may_be_meant_for_a_version_say_so() {
    let document = serde_json::to_value(document().unwrap()).unwrap();
    let mut taking = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        let takes = parameters.any(|one| one["name"] == "If-Match" && one["in"] == "header");
        let answers = &operation["responses"];
        assert_eq!(takes, answers["412"].is_object(), "{method} {path}");
        let tells = answers["200"]["headers"]["ETag"].is_object();
        if takes {
            assert_eq!(tells, method != "delete", "{method} {path}");
            taking.insert(format!("{method} {path}"));
        } else if tells {
            assert_eq!(method, "post", "{path}");
        }
    }
    let entry = "/v1/vulnerability/profile/{name}/entry/{id}";
    let root = "/v1/scan/sigstore/root_of_trust/{root_name}";
    let verifier = format!("{root}/verifier/{{verifier_name}}");
    let named = [
        "/v1/server/{name}",
        "/v1/user/{fullname}",
        "/v1/user_role/{name}",
        entry,
        root,
        verifier.as_str(),
    ];
    let whole =
        named.iter().flat_map(|path| ["patch", "delete"].map(|way| format!("{way} {path}")));
    let parts = [
        "patch /v1/fed/member/{id}/labels",
        "patch /v1/fed/rollout_policy",
        "patch /v1/password_profile/{name}",
        "patch /v1/server/{name}/group/{group}",
        "patch /v1/server/{name}/groups",
        "patch /v1/server/{name}/role/{role}",
        "patch /v1/system/config",
        "patch /v1/user/{fullname}/role/{role}",
        "patch /v2/system/config",
    ];
    let expected: BTreeSet<String> = whole.chain(parts.map(str::to_owned)).collect();
    assert_eq!(taking, expected);
}
