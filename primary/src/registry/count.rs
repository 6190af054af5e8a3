//! How many vulnerabilities count in images: without what the profile accepts
//! and what does no harm.

use std::collections::BTreeMap;

use palisade_api::Digest;
use palisade_scanner::Report;
use palisade_scanner::report::{Counts, Finding};
use sqlx::PgTransaction;

use super::report::{PackError, unpack};
use super::vex::publish::Spoken;
use super::vulnerability_profile::{AT_ONCE, Judge};
use crate::store::image::NamedImage;
use crate::store::report::{TouchedReport, Unpublished};
use crate::store::{self, StoreError};

/// Counts of the images of which something does not count, by the digests of
/// their manifests. In the others everything does.
pub(super) type Left = BTreeMap<Vec<u8>, Counts>;

/// Counts what is left of `reports`. Those of which VEX documents speak are
/// counted already.
pub(super) async fn left(
    tx: &mut PgTransaction<'_>,
    reports: &[Unpublished],
    spoken: &Spoken,
    images: &[NamedImage],
    judge: &Judge,
) -> Result<Left, StoreError> {
    let mut left: Left =
        spoken.iter().map(|(digest, left)| (digest.clone(), left.counts)).collect();
    if !judge.accepts() {
        return Ok(left);
    }
    let digests: Vec<Digest> = reports
        .iter()
        .map(|report| report.digest)
        .filter(|digest| !spoken.contains_key(digest.as_bytes()))
        .collect();
    for part in digests.chunks(AT_ONCE) {
        let touched = store::report::accepted_in(tx, part).await?;
        if touched.is_empty() {
            continue;
        }
        let (judge, images) = (judge.clone(), images.to_vec());
        let counting = tokio::task::spawn_blocking(move || {
            let counted = touched.into_iter().map(|kept| {
                let names: Vec<&NamedImage> =
                    images.iter().filter(|image| image.digest == kept.digest).collect();
                let mut report = opened(&kept)?;
                judge.accept(&mut report, &names);
                Ok((kept.digest, report.counts))
            });
            counted.collect::<Result<Left, PackError>>()
        });
        let counted = counting
            .await
            .map_err(|error| StoreError::inconsistent("report", error))?
            .map_err(|error| StoreError::inconsistent("report", error))?;
        left.extend(counted);
    }
    Ok(left)
}

/// A report, without what the image holds: nobody asks of which packages the
/// findings are.
fn opened(kept: &TouchedReport) -> Result<Report, PackError> {
    if !kept.findings_only {
        return unpack(&kept.body);
    }
    let findings: Vec<Finding> = unpack(&kept.body)?;
    Ok(Report { findings, ..Report::default() })
}
