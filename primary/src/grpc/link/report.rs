//! The full result of one image scan, by digest.

use palisade_api::federation::{FetchReportRequest, ReportPart};
use palisade_api::{Code, Digest};
use tonic::Status;

use super::Messages;
use crate::grpc::status;

/// Streams the report that is wanted. Images are not scanned by the primary
/// yet, so it has none.
pub(super) fn fetch(request: &FetchReportRequest) -> Result<Messages<ReportPart>, Status> {
    let digest = Digest::from_oci(&request.image_digest)
        .map_err(|error| status(Code::InvalidRequest, error.to_string()))?;
    let text = format!("the primary has no report on {}", digest.to_oci());
    Err(status(Code::ObjectNotFound, text))
}
