//! `/v1/file`: what a cluster has of its own goes out as a file and comes in as one. What
//! is federated does so on the primary.

mod configuration;
mod export;
mod import;
mod upload;

use axum::extract::{Request, State};
use axum::routing::{get, post};
use palisade_policy::edit::resource::File;
use palisade_policy::sensor::{Dlp, Waf};

use super::extract::{Authenticated, ListQuery};
use super::listed::Listed;
use crate::Controller;
use crate::reach::Reach;

pub(super) fn routes() -> Listed {
    let files = [
        ("group", File::Groups, get(export::groups).post(export::groups)),
        ("admission", File::AdmissionRules, post(export::admission_rules)),
        ("response/rule", File::ResponseRules, post(export::response_rules)),
        ("dlp", File::DlpSensors, post(export::sensors::<Dlp>)),
        ("waf", File::WafSensors, post(export::sensors::<Waf>)),
    ];
    let whole = Listed::new()
        .route("/v1/file/config", get(configuration::export).post(configuration::import))
        .route("/v1/file/group/config", get(import::last));
    files.into_iter().fold(whole, |routes, (path, file, export)| {
        let import = move |State(controller): State<Controller>,
                           caller: Authenticated,
                           reach: Reach,
                           query: ListQuery,
                           request: Request| async move {
            import::import(controller, caller, reach, &query, file, request).await
        };
        routes
            .route(&format!("/v1/file/{path}"), export)
            .route(&format!("/v1/file/{path}/config"), post(import))
    })
}
