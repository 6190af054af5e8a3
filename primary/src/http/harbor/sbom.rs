//! Bills of materials as Harbor takes them.

use palisade_api::rest::harbor::HarborSbomReport;
use serde_json::value::RawValue;

use super::vulnerability::{artifact, time};
use super::{CYCLONEDX, scanner};
use crate::registry::repository::RepositoryReport;

/// The report in the format `kind`, as JSON.
pub(super) fn report(
    done: &RepositoryReport,
    kind: &'static str,
) -> Result<String, serde_json::Error> {
    let target = format!("{}@{}", done.request.repository, done.request.tag);
    let document = if kind == CYCLONEDX {
        done.report.cyclonedx(&target)?
    } else {
        done.report.spdx(&target)?
    };
    serde_json::to_string(&HarborSbomReport {
        generated_at: time(&done.report),
        artifact: artifact(done),
        scanner: scanner(),
        media_type: kind.to_owned(),
        sbom: RawValue::from_string(document)?,
    })
}
