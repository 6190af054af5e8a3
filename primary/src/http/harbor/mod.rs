//! `/endpoint`: the adapter by which Harbor uses this primary as its scanner.
//!
//! Harbor's pluggable scanner interface 1.x: [`metadata`] says what is
//! offered, [`scan`] takes a request, [`report`] gives what came of it, in the
//! forms of [`vulnerability`] and [`sbom`]. Who calls is told by [`login`].

mod error;
pub(super) mod login;
mod metadata;
mod report;
mod sbom;
mod scan;
mod vulnerability;

use palisade_api::rest::harbor::HarborScanner;

use super::ApiRouter;
use crate::http::endpoint::routes;

pub(super) use error::ERROR;

/// Where Harbor is told to find the adapter.
pub(super) const BASE: &str = "/endpoint/";

const METADATA: &str = "application/vnd.scanner.adapter.metadata+json; version=1.1";
const SCAN_RESPONSE: &str = "application/vnd.scanner.adapter.scan.response+json; version=1.0";
const NATIVE_REPORT: &str = "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0";
const GENERIC_REPORT: &str = "application/vnd.security.vulnerability.report; version=1.1";
const SBOM_REPORT: &str = "application/vnd.security.sbom.report+json; version=1.0";

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const SPDX: &str = "application/spdx+json";
const CYCLONEDX: &str = "application/vnd.cyclonedx+json";

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(metadata::harbor_metadata))
        .routes(routes!(scan::harbor_scan))
        .routes(routes!(report::harbor_report))
}

fn scanner() -> HarborScanner {
    HarborScanner {
        name: "Palisade".to_owned(),
        vendor: "Palisade".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// A media type in the form that is compared: without blanks, in small letters.
fn media_type(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase()
}
