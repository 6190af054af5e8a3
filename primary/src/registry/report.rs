//! Reports as they are kept: the findings apart from the inventory, so that a
//! new database rewrites no more than it changes.

use std::sync::Arc;

use palisade_api::Digest;
use palisade_api::rest::scan::ScanReportData;
use palisade_scanner::report::{Accepted, Counts, Finding};
use palisade_scanner::{Inventory, Report, ScanError, VulnDb};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::finding::Rows;
use super::repository::REPOSITORY;
use super::{Registries, RegistryFailure};
use crate::store;
use crate::store::report::{KeptReport, MatchResult, UsedDatabase};

/// Level of compression of what is stored.
const ZSTD_LEVEL: i32 = 3;
/// Bytes of an inventory or report before compression; more is none of ours.
const MOST_BYTES: usize = 512 << 20;

/// Encodes and compresses.
pub(super) fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, ScanError> {
    let json = serde_json::to_vec(value).map_err(|error| unstorable(&error))?;
    compress(&json)
}

pub(super) fn compress(json: &[u8]) -> Result<Vec<u8>, ScanError> {
    zstd::bulk::compress(json, ZSTD_LEVEL).map_err(|error| unstorable(&error))
}

/// What [`pack`] made.
pub(super) fn unpack<T: DeserializeOwned>(packed: &[u8]) -> Result<T, PackError> {
    // The frame tells how much is in it.
    let told = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    let most = told.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(MOST_BYTES);
    let json = zstd::bulk::decompress(packed, most.min(MOST_BYTES))?;
    Ok(serde_json::from_slice(&json)?)
}

/// Something stored that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// It is not compressed as it should be.
    #[error("cannot decompress what is stored: {0}")]
    Compression(#[from] std::io::Error),
    /// It is not the JSON that it should be.
    #[error("cannot decode what is stored: {0}")]
    Json(#[from] serde_json::Error),
}

fn unstorable(error: &dyn std::fmt::Display) -> ScanError {
    ScanError::Malformed(format!("its report cannot be stored: {error}"))
}

/// An inventory held against a database, ready to be stored.
#[derive(Debug)]
pub(super) struct Matched {
    pub(super) report: Report,
    pub(super) rows: Rows,
    /// The findings as JSON.
    pub(super) body: Vec<u8>,
    pub(super) body_digest: Digest,
    pub(super) findings_digest: Digest,
}

impl Matched {
    /// What is stored of a report without descriptions.
    pub(super) fn of(report: Report) -> Result<Self, ScanError> {
        let body = serde_json::to_vec(&report.findings).map_err(|error| unstorable(&error))?;
        let rows = Rows::of(&report);
        Ok(Self {
            body_digest: Digest::of(&body),
            findings_digest: rows.digest(),
            report,
            rows,
            body,
        })
    }

    /// The same without the body, which was taken.
    pub(super) fn without_body(self) -> Self {
        Self { body: Vec::new(), ..self }
    }

    /// What is stored of it, beside the body and the verdict where those are
    /// new.
    pub(super) fn result<'a>(
        &self,
        database: &'a VulnDb,
        create_time: &'a str,
        body: Option<&'a [u8]>,
        verdict: Option<&'a [u8]>,
    ) -> MatchResult<'a> {
        MatchResult {
            scanned_at: self.report.scanned_at,
            vulndb: UsedDatabase {
                digest: database.digest(),
                built_at: database.built_at(),
                version: database.version(),
                create_time,
            },
            counts: columns(self.report.counts),
            body,
            body_digest: self.body_digest,
            findings_digest: self.findings_digest,
            verdict,
        }
    }
}

/// Counts as they are stored.
pub(super) fn columns(counts: Counts) -> [i32; 5] {
    let count = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    [counts.critical, counts.high, counts.medium, counts.low, counts.unknown].map(count)
}

impl Registries {
    /// The report on an image of a registry, by the digest of its manifest, of
    /// its index, or of its configuration; none where there is none.
    pub async fn report(
        &self,
        registry: &str,
        digest: Digest,
    ) -> Result<Option<Report>, RegistryFailure> {
        let mut conn = self.database.acquire().await?;
        let kept = store::report::get(&mut conn, registry, digest).await?;
        drop(conn);
        self.opened(kept).await
    }

    /// The image of a report by its name in a registry, `host/repository:tag`;
    /// by its digest where no tag leads to it any more.
    pub async fn target(&self, registry: &str, report: &Report) -> Result<String, RegistryFailure> {
        let Some(digest) = report.digest else { return Ok(report.base_os()) };
        let mut conn = self.database.acquire().await?;
        let names = store::image::names(&mut conn, &[digest]).await?;
        let Some(name) = names.into_iter().find(|name| name.registry == registry) else {
            return Ok(digest.to_oci());
        };
        let url = if registry == REPOSITORY {
            name.url
        } else {
            self.find(&mut conn, registry).await?.1.registry
        };
        Ok(super::settings::image(&url, &name.repository, &name.tag))
    }

    /// The report on an image of any registry as clients of the REST API get
    /// it, as compressed JSON, by the digest of its manifest or of its index;
    /// none where there is none.
    pub async fn packed_report(&self, digest: Digest) -> Result<Option<Vec<u8>>, RegistryFailure> {
        let mut conn = self.database.acquire().await?;
        let kept = store::report::get_of_image(&mut conn, digest).await?;
        drop(conn);
        let Some(report) = self.opened(kept).await? else { return Ok(None) };
        let packed = tokio::task::spawn_blocking(move || {
            pack(&ScanReportData { report: report.scan_report(Accepted::Hidden) })
        });
        let packed = packed.await.map_err(|_| RegistryFailure::Cancelled)?;
        packed.map(Some).map_err(RegistryFailure::Describe)
    }

    /// What the vulnerability profile accepts is marked in it.
    pub(super) async fn opened(
        &self,
        kept: Option<KeptReport>,
    ) -> Result<Option<Report>, RegistryFailure> {
        let Some(kept) = kept else { return Ok(None) };
        // Without a database there are no descriptions, but the rest.
        let database = self.vulndb.current().await.ok();
        let opened = tokio::task::spawn_blocking(move || open(&kept, database));
        let mut report = opened.await.map_err(|_| RegistryFailure::Cancelled)??;
        self.judge(&mut report).await?;
        Ok(Some(report))
    }
}

/// Puts a report together again. Blocks.
pub(super) fn open(
    kept: &KeptReport,
    database: Option<Arc<VulnDb>>,
) -> Result<Report, RegistryFailure> {
    let Some(inventory) = &kept.inventory else { return Ok(unpack(&kept.body)?) };
    let inventory: Inventory = unpack(inventory)?;
    let findings: Vec<Finding> = unpack(&kept.body)?;
    let mut report = Report::with_findings(&inventory, findings, kept.scanned_at);
    report.cvedb_version.clone_from(&kept.cvedb_version);
    report.cvedb_create_time.clone_from(&kept.cvedb_create_time);
    report.signatures = kept.signatures.as_deref().map(serde_json::from_str).transpose()?;
    if let Some(database) = database {
        report.describe(&database).map_err(RegistryFailure::Describe)?;
    }
    Ok(report)
}
