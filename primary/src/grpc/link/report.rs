//! The full result of one image scan, by digest.

use bytes::Bytes;
use palisade_api::federation::{FetchReportRequest, ReportPart};
use palisade_api::{Code, Digest};
use tonic::Status;

use super::Messages;
use crate::App;
use crate::federation::FederationError;
use crate::grpc::status;
use crate::registry::RegistryFailure;

/// Reports are sent in parts of this size.
const PART: usize = 16 * 1024;

/// Streams the report that is wanted, as compressed JSON.
pub(super) async fn fetch(
    app: &App,
    request: &FetchReportRequest,
) -> Result<Messages<ReportPart>, Status> {
    let digest = Digest::from_oci(&request.image_digest)
        .map_err(|error| status(Code::InvalidRequest, error.to_string()))?;
    let body = app.registries.packed_report(digest).await.map_err(failed)?.ok_or_else(|| {
        status(Code::ObjectNotFound, format!("the primary has no report on {}", digest.to_oci()))
    })?;
    let mut rest = Bytes::from(body);
    let parts =
        std::iter::from_fn(move || (!rest.is_empty()).then(|| rest.split_to(PART.min(rest.len()))));
    Ok(Box::pin(futures_util::stream::iter(parts.map(|chunk| Ok(ReportPart { chunk })))))
}

fn failed(error: RegistryFailure) -> Status {
    match error {
        RegistryFailure::Store(error) => FederationError::from(error).into(),
        error => {
            tracing::error!(%error, "a report cannot be given");
            status(Code::ServerError, "the report cannot be put together")
        }
    }
}
