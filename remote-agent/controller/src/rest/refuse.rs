//! Refusals of writes: what is federated is changed on the primary, and of
//! most kinds a single cluster has none of its own yet.

use axum::extract::{Path, State};
use palisade_api::Code;
use palisade_policy::FED_PREFIX;
use serde::Deserialize;

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery, Scope};
use crate::Controller;

/// The way in which a client says that an object is federated.
const FEDERAL: &str = "federal";

fn unsupported() -> ApiError {
    ApiError::new(Code::OpNotAllowed, "Objects of this kind cannot be made in a cluster yet.")
}

/// A new object, by its name and owner.
pub(super) fn creation(query: &ListQuery, name: &str, cfg_type: &str) -> Result<ApiError> {
    let federal =
        query.scope()? == Scope::Federal || name.starts_with(FED_PREFIX) || cfg_type == FEDERAL;
    Ok(if federal { ApiError::federal() } else { unsupported() })
}

/// What bodies of new objects have in common.
#[derive(Deserialize)]
pub(super) struct Creation {
    config: Owner,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Owner {
    name: String,
    cfg_type: String,
}

/// `POST` of an object with a name.
pub(super) async fn create(
    query: ListQuery,
    JsonBody(body): JsonBody<Creation>,
) -> Result<ApiError> {
    creation(&query, &body.config.name, &body.config.cfg_type)
}

/// `PATCH` and `DELETE` of an object by its name.
pub(super) async fn by_name(query: ListQuery, Path(name): Path<String>) -> Result<ApiError> {
    if name.starts_with(FED_PREFIX) || query.scope()? == Scope::Federal {
        return Ok(ApiError::federal());
    }
    Ok(ApiError::missing("object", &name))
}

/// `DELETE` of all rules: of its own a cluster has none.
pub(super) async fn delete_all(query: ListQuery) -> Result<()> {
    if query.scope()? == Scope::Federal { Err(ApiError::federal()) } else { Ok(()) }
}

/// `POST` of an export or import.
pub(super) async fn file(query: ListQuery) -> Result<ApiError> {
    Ok(if query.scope()? == Scope::Federal { ApiError::federal() } else { unsupported() })
}

/// What bodies that change a list of rules have in common.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ListChange {
    #[serde(rename = "move")]
    move_: Option<Moved>,
    insert: Option<Inserted>,
    rules: Option<Vec<Rule>>,
    delete: Option<Vec<u32>>,
}

#[derive(Deserialize)]
struct Moved {
    id: u32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Inserted {
    rules: Vec<Rule>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rule {
    id: u32,
    cfg_type: String,
}

/// `PATCH` of a list of rules.
pub(super) async fn list_change(
    State(controller): State<Controller>,
    query: ListQuery,
    JsonBody(change): JsonBody<ListChange>,
) -> Result<ApiError> {
    let is_federal = |id: u32| {
        let name = id.to_string();
        controller.in_force().federated(|federated| {
            federated.network_rules.contains_key(&name)
                || federated.response_rules.contains_key(&name)
        })
    };
    if query.scope()? == Scope::Federal {
        return Ok(ApiError::federal());
    }
    if change.move_.is_some_and(|moved| is_federal(moved.id)) {
        let text = "A federated rule is moved on the primary, among federated rules.";
        return Ok(ApiError::new(Code::OpNotAllowed, text));
    }
    let inserted = change.insert.unwrap_or_default().rules;
    let federal = inserted
        .iter()
        .chain(change.rules.iter().flatten())
        .any(|rule| rule.cfg_type == FEDERAL || is_federal(rule.id))
        || change.delete.unwrap_or_default().into_iter().any(is_federal);
    Ok(if federal { ApiError::federal() } else { unsupported() })
}

/// `PATCH /v1/system/config`.
pub(super) async fn system_config(
    JsonBody(change): JsonBody<serde_json::Map<String, serde_json::Value>>,
) -> ApiError {
    if change.contains_key("fed_config") {
        return ApiError::federal();
    }
    ApiError::new(Code::OpNotAllowed, "The configuration of a cluster cannot be changed yet.")
}
