//! Refusals of writes that no cluster does.

use palisade_api::Code;
use serde::Deserialize;

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery};
use super::owner::own_name;

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

/// `POST` of a registry.
pub(super) async fn registry(
    query: ListQuery,
    JsonBody(Creation { config }): JsonBody<Creation>,
) -> Result<ApiError> {
    own_name(&query, &config.name, &config.cfg_type)?;
    let text = "Registries are made on the primary, which scans them for all clusters.";
    Ok(ApiError::new(Code::OpNotAllowed, text))
}
