//! How many vulnerabilities count in images: without what the profile accepts
//! and what does no harm.

use std::collections::BTreeMap;

use palisade_api::Digest;
use palisade_scanner::Report;
use palisade_scanner::report::{Counts, Finding};
use sqlx::PgTransaction;

use super::report::{PackError, unpack};
use super::vulnerability_profile::{AT_ONCE, Judge};
use crate::store::image::NamedImage;
use crate::store::report::{TouchedReport, Unpublished};
use crate::store::{self, StoreError};

/// Counts of the images of which something does not count, by the digests of
/// their manifests. In the others everything does.
pub(super) type Left = BTreeMap<Vec<u8>, Counts>;

/// Counts what is left of `reports`, after VEX documents were held against them.
pub(super) async fn left(
    tx: &mut PgTransaction<'_>,
    reports: &[Unpublished],
    images: &[NamedImage],
    judge: &Judge,
) -> Result<Left, StoreError> {
    let mut left = Left::new();
    if judge.is_idle() {
        return Ok(left);
    }
    for part in reports.chunks(AT_ONCE) {
        let digests: Vec<Digest> = part.iter().map(|report| report.digest).collect();
        let touched = store::report::touched(tx, &digests).await?;
        if touched.is_empty() {
            continue;
        }
        let (judge, images) = (judge.clone(), images.to_vec());
        let counting = tokio::task::spawn_blocking(move || {
            let counted = touched.into_iter().map(|kept| {
                let names: Vec<&NamedImage> =
                    images.iter().filter(|image| image.digest == kept.digest).collect();
                let mut report = opened(&kept, &judge)?;
                judge.report(&mut report, &names);
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

fn opened(kept: &TouchedReport, judge: &Judge) -> Result<Report, PackError> {
    if !kept.findings_only {
        return unpack(&kept.body);
    }
    let findings: Vec<Finding> = unpack(&kept.body)?;
    Ok(match &kept.inventory {
        Some(inventory) => Report::with_findings(&unpack(inventory)?, findings, judge.now()),
        // Nobody asks of which packages they are.
        None => Report { findings, ..Report::default() },
    })
}
