//! `/v1/scan/registry`: federated registries, their images and reports.

mod create;
mod delete;
mod get;
mod image;
mod images;
mod layers;
mod list;
mod sbom;
mod scan_start;
mod scan_stop;
pub(super) mod test;
mod test_stop;
mod update;
mod webhook;

use http::HeaderName;
use palisade_api::{Code, Digest};
use palisade_identity::Caller;
use palisade_scanner::Report;
use palisade_scanner::report::Accepted;

use crate::App;
use crate::http::ApiRouter;
use crate::http::endpoint::routes;
use crate::http::error::{ApiError, Result};
use crate::http::fed::within;
use crate::http::query::Query;
use crate::registry::RegistryFailure;
use crate::store::{Actor, image_list};

/// Names a test that runs.
const TRANSACTION: HeaderName = HeaderName::from_static("x-transaction-id");

/// What clients write for whatever registry has the image.
const ALL: &str = "_all_registry";

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::scan_registry_list, create::scan_registry_create))
        .routes(routes!(
            get::scan_registry_get,
            update::scan_registry_update,
            delete::scan_registry_delete
        ))
        .routes(routes!(scan_start::scan_registry_start, scan_stop::scan_registry_stop))
        .routes(routes!(test::scan_registry_test, test_stop::scan_registry_test_stop))
        .routes(routes!(webhook::scan_registry_webhook))
        .routes(routes!(images::scan_registry_images))
        .routes(routes!(image::scan_registry_image))
        .routes(routes!(sbom::scan_registry_image_sbom))
        .routes(routes!(layers::scan_registry_layers))
}

/// Who changes registries, for the audit records.
pub(super) fn actor(caller: &Caller) -> Actor {
    Actor::from(caller)
}

/// The report on the image `id` of a registry: the digest of its manifest or
/// configuration, with or without its algorithm. Within an access scope there is
/// none on what does not run there.
async fn report(app: &App, caller: &Caller, name: &str, id: &str) -> Result<Report> {
    let missing = || ApiError::object_not_found("The registry holds no report on this image.");
    let digest = id.parse::<Digest>().or_else(|_| Digest::from_oci(id)).map_err(|_| missing())?;
    if let Some(within) = within(app, caller).await? {
        let mut conn = app.database.acquire().await?;
        let registry = (name != ALL).then_some(name);
        if !image_list::runs_within(&mut conn, registry, digest, &within).await? {
            return Err(missing());
        }
    }
    let report = match name {
        ALL => app.registries.report_of_image(digest).await?,
        name => app.registries.report(name, digest).await?,
    };
    report.ok_or_else(missing)
}

/// Whether vulnerabilities that do not count are shown: `show=accepted`.
pub(super) fn shown(query: &Query) -> Accepted {
    match query.get("show") {
        Some("accepted") => Accepted::TaggedWithVex,
        _ => Accepted::Hidden,
    }
}

impl From<RegistryFailure> for ApiError {
    fn from(error: RegistryFailure) -> Self {
        let message = error.to_string();
        match error {
            RegistryFailure::Name(_) => Self::new(Code::InvalidName, message),
            RegistryFailure::Duplicate(_) => Self::new(Code::DuplicateName, message),
            RegistryFailure::Missing(_) => Self::object_not_found(message),
            RegistryFailure::Setting(_)
            | RegistryFailure::Filter(_)
            | RegistryFailure::Event(_) => Self::invalid_request(message),
            RegistryFailure::Forged => Self::unauthorized(),
            RegistryFailure::Scanning(_) => Self::new(Code::FailRegistryScan, message),
            RegistryFailure::Federation(error) => error.into(),
            RegistryFailure::Store(error) => error.into(),
            RegistryFailure::Seal(_)
            | RegistryFailure::Encode(_)
            | RegistryFailure::Pack(_)
            | RegistryFailure::Describe(_)
            | RegistryFailure::Matching(_)
            | RegistryFailure::Cancelled
            | RegistryFailure::WorkerGone => Self::internal(error),
        }
    }
}
