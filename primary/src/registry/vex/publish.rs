//! Documents held against reports whose verdicts are about to be published:
//! what does no harm counts neither in verdicts nor in questions about the
//! fleet.

use std::collections::{BTreeMap, HashMap};

use palisade_api::Digest;
use palisade_api::scan::VerdictCve;
use palisade_scanner::report::finding::Suppression;
use palisade_scanner::report::vex::VexDocuments;
use palisade_scanner::report::{Counts, Finding};
use palisade_scanner::{Inventory, Report};
use sqlx::PgTransaction;

use crate::registry::finding::{Rows, together};
use crate::registry::report::{PackError, unpack};
use crate::registry::vulnerability_profile::{AT_ONCE, Judge};
use crate::store::image::NamedImage;
use crate::store::report::{TouchedReport, Unpublished};
use crate::store::{self, StoreError};

/// What is left of images of which documents speak, by the digests of their
/// manifests; others are not named.
pub(in crate::registry) type Spoken = BTreeMap<Vec<u8>, Left>;

/// What is left of an image.
pub(in crate::registry) struct Left {
    /// For its verdict.
    pub(in crate::registry) cves: Vec<VerdictCve>,
    /// Without what is accepted either.
    pub(in crate::registry) counts: Counts,
}

/// Marks the findings of `reports` that do no harm, and gives what is left.
pub(in crate::registry) async fn hold(
    tx: &mut PgTransaction<'_>,
    reports: &[Unpublished],
    images: &[NamedImage],
    judge: &Judge,
) -> Result<Spoken, StoreError> {
    let mut spoken = Spoken::new();
    let mut harmless: HashMap<Vec<u8>, Rows> = HashMap::new();
    if !judge.vex().is_empty() {
        for part in reports.chunks(AT_ONCE) {
            let digests: Vec<Digest> = part.iter().map(|report| report.digest).collect();
            let bodies = store::report::bodies(tx, &digests).await?;
            let documents = judge.vex().clone();
            let chosen = run(move || {
                let spoken = bodies.into_iter().filter_map(|body| spoken_of(body, &documents));
                spoken.collect::<Result<Vec<_>, _>>()
            });
            let chosen = chosen.await?;
            let digests: Vec<Digest> = chosen
                .iter()
                .filter_map(|(body, _)| Digest::try_from(body.digest.as_slice()).ok())
                .collect();
            let inventories: HashMap<Vec<u8>, Vec<u8>> =
                store::inventory::of(tx, &digests).await?.into_iter().collect();
            let (judge, images) = (judge.clone(), images.to_vec());
            let held = run(move || {
                let held = chosen.into_iter().map(|(body, findings)| {
                    let names: Vec<&NamedImage> =
                        images.iter().filter(|image| image.digest == body.digest).collect();
                    let inventory = inventories.get(&body.digest);
                    let report = whole(&body, findings, inventory, &judge)?;
                    Ok((body.digest, left(report, &judge, &names)))
                });
                held.collect::<Result<Vec<_>, PackError>>()
            });
            for (digest, (left, rows)) in held.await? {
                spoken.insert(digest.clone(), left);
                harmless.insert(digest, rows);
            }
        }
    }
    let none = Rows::default();
    let marked = reports
        .iter()
        .map(|report| (report.id, harmless.get(report.digest.as_bytes()).unwrap_or(&none)));
    store::finding::set_aside(tx, &together(marked).0).await?;
    Ok(spoken)
}

/// The findings of a report, where something is said of one of them.
fn spoken_of(
    body: TouchedReport,
    documents: &VexDocuments,
) -> Option<Result<(TouchedReport, Vec<Finding>), PackError>> {
    let findings = if body.findings_only {
        unpack::<Vec<Finding>>(&body.body)
    } else {
        unpack::<Report>(&body.body).map(|report| report.findings)
    };
    match findings {
        Ok(findings) => {
            let named = findings.iter().any(|finding| documents.speaks_of(finding));
            named.then_some(Ok((body, findings)))
        }
        Err(error) => Some(Err(error)),
    }
}

fn whole(
    body: &TouchedReport,
    findings: Vec<Finding>,
    inventory: Option<&Vec<u8>>,
    judge: &Judge,
) -> Result<Report, PackError> {
    if !body.findings_only {
        return unpack(&body.body);
    }
    // Without an inventory nobody knows of which packages they are.
    let inventory = inventory.map(|body| unpack::<Inventory>(body)).transpose()?;
    let inventory = inventory.unwrap_or_default();
    Ok(Report::with_findings(&inventory, findings, judge.now()))
}

/// What is left of a report, and the rows of what does no harm.
fn left(mut report: Report, judge: &Judge, names: &[&NamedImage]) -> (Left, Rows) {
    judge.vex_of(&mut report, names);
    let cves = report.verdict(Digest::of(b""), &[]).cves;
    let counted = Rows::of(&report);
    judge.accept(&mut report, names);
    let left = Left { cves, counts: report.counts };
    let by_vex = report.suppressed.iter().filter(|one| one.reason == Suppression::Vex);
    let findings = by_vex.map(|one| one.finding.clone()).collect();
    let mut harmless = Rows::of(&Report { findings, ..report });
    // One row may stand for several files: it counts while one of them does.
    harmless.packages.retain(|row| !counted.packages.iter().any(|other| other.key == row.key));
    (left, harmless)
}

/// Does what blocks elsewhere.
async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PackError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::inconsistent("report", error))?
        .map_err(|error| StoreError::inconsistent("report", error))
}
