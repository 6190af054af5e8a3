//! `/v1/domain`: the namespaces of what runs on the nodes that scanners stand on.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::domain::{DomainConfigData, DomainEntryConfigData, DomainsData};

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery};
use crate::Controller;
use crate::namespace;
use crate::reach::Reach;

/// List namespaces
///
/// Those in which something runs on nodes with a scanner, and those with tags. Their
/// labels are not known.
#[utoipa::path(
    get,
    path = "/v1/domain",
    operation_id = "domain_list",
    tag = "system",
    params(
        ("start" = Option<i64>, Query, description = "Place of the first; from the end when negative"),
        ("limit" = Option<u64>, Query, description = "How many at most; 0: all"),
    ),
    responses((status = OK, body = DomainsData)),
)]
pub(super) async fn list(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<DomainsData>> {
    let tags = controller.namespace_tags().await?;
    let (_, containers) = controller.scans().containers();
    let mut domains = namespace::list(&containers, &tags);
    domains.retain(|domain| reach.has(&domain.name));
    let domains = query.list(domains)?;
    Ok(Json(DomainsData { domains, tag_per_domain: tags.tag_per_domain }))
}

/// Change what holds for all namespaces
#[utoipa::path(
    patch,
    path = "/v1/domain",
    operation_id = "domain_config_update",
    tag = "system",
    request_body = DomainConfigData,
    responses((status = OK)),
)]
pub(super) async fn update_all(
    State(controller): State<Controller>,
    JsonBody(DomainConfigData { config }): JsonBody<DomainConfigData>,
) -> Result<()> {
    let Some(tag_per_domain) = config.tag_per_domain else { return Ok(()) };
    let change = |tags: &mut namespace::NamespaceTags| tags.tag_per_domain = tag_per_domain;
    Ok(controller.namespace_tags_change(change).await?)
}

/// Change the tags of a namespace
///
/// They say which regulations what runs there is subject to.
#[utoipa::path(
    patch,
    path = "/v1/domain/{name}",
    operation_id = "domain_update",
    tag = "system",
    params(("name" = String, Path, description = "Name of the namespace")),
    request_body = DomainEntryConfigData,
    responses((status = OK)),
)]
pub(super) async fn update(
    State(controller): State<Controller>,
    Path(name): Path<String>,
    JsonBody(DomainEntryConfigData { config }): JsonBody<DomainEntryConfigData>,
) -> Result<()> {
    if config.name != name {
        return Err(ApiError::invalid("The name in the body is not that of the path."));
    }
    let (_, containers) = controller.scans().containers();
    let known = namespace::list(&containers, &controller.namespace_tags().await?);
    if !known.iter().any(|one| one.name == name) {
        return Err(ApiError::missing("namespace", &name));
    }
    let Some(tags) = config.tags else { return Ok(()) };
    let tags = namespace::read_tags(tags).ok_or_else(|| {
        ApiError::invalid(
            "A namespace has at most 32 tags, of 1 to 64 bytes without control characters.",
        )
    })?;
    let change = move |all: &mut namespace::NamespaceTags| {
        if tags.is_empty() {
            all.tags.remove(&name);
        } else {
            all.tags.insert(name, tags);
        }
    };
    Ok(controller.namespace_tags_change(change).await?)
}
