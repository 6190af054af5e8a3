//! `GET /v1/scan/registry/{name}/images`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::RegistryImageSummaryData;

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::fed::within;
use crate::http::query::Query;
use crate::store::image_list::{ImageFilter, ImageQuery};

/// List the images of a registry with the summaries of their scans
///
/// Within an access scope those that run there.
#[utoipa::path(
    get,
    path = "/v1/scan/registry/{name}/images",
    tag = "registry",
    params(
        ("name" = String, Path),
        ("start" = Option<i64>, Query, description = "Place of the first; from the end when negative"),
        ("limit" = Option<i64>, Query, description = "Images at most; 0: all"),
        ("f_*" = Option<String>, Query, description = "Filters by a field"),
        ("s_*" = Option<String>, Query, description = "Sorts by a field: `asc` or `desc`"),
    ),
    responses((status = OK, body = RegistryImageSummaryData)),
)]
pub(super) async fn scan_registry_images(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
    query: Query,
) -> Result<Json<RegistryImageSummaryData>> {
    let (start, limit) = query.page();
    let filters = query.filters().into_iter().map(|filter| ImageFilter {
        field: filter.field.to_owned(),
        operator: filter.operator,
        wanted: filter.wanted.to_owned(),
    });
    let sorts = query.sorts().into_iter().map(|(field, descends)| (field.to_owned(), descends));
    let (filters, sorts) = (filters.collect(), sorts.collect());
    let query = ImageQuery { filters, sorts, start, limit, within: within(&app, &caller).await? };
    let images = app.registries.images(&name, &query).await?;
    Ok(Json(RegistryImageSummaryData { images }))
}
