//! The full result of one image scan, by digest.

use bytes::Bytes;
use palisade_api::federation::{FetchReportRequest, ReportPart};
use palisade_api::{Code, Digest};
use tonic::Status;

use super::Messages;
use crate::App;
use crate::grpc::status;

/// Reports are sent in parts of this size.
const PART: usize = 16 * 1024;

/// Streams the report that is wanted.
pub(super) async fn fetch(
    app: &App,
    request: &FetchReportRequest,
) -> Result<Messages<ReportPart>, Status> {
    let digest = Digest::from_oci(&request.image_digest)
        .map_err(|error| status(Code::InvalidRequest, error.to_string()))?;
    let report = compressed(app, digest).await?;
    let mut report = report.ok_or_else(|| {
        status(Code::ObjectNotFound, format!("the primary has no report on {}", digest.to_oci()))
    })?;
    let parts = std::iter::from_fn(move || {
        (!report.is_empty()).then(|| report.split_to(PART.min(report.len())))
    });
    Ok(Box::pin(futures_util::stream::iter(parts.map(|chunk| Ok(ReportPart { chunk })))))
}
