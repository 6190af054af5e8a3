//! VEX documents: what somebody says of the vulnerabilities of images.
//!
//! Documents are kept as they were sent, and read by each replica once. Reports
//! are held against them when they are shown; [`publish`] does it for
//! verdicts and for questions about the fleet.

pub(super) mod publish;

use std::sync::{Arc, Mutex, PoisonError};

use palisade_api::Digest;
use palisade_scanner::report::vex::{VexDocuments, VexError};
use serde_json::json;
use serde_json::value::to_raw_value;
use sqlx::{PgConnection, PgTransaction};
use thiserror::Error;
use tracing::error;

use super::Registries;
use super::report::{PackError, compress};
use crate::store::audit::{self, NewAudit};
use crate::store::vex::{VexBody, VexRow, VexTotals};
use crate::store::{self, Actor, StoreError};

/// Bytes of a document at most.
pub const DOCUMENT_BYTES: usize = 16 << 20;
/// Bytes of all documents at most.
const ALL_BYTES: i64 = 64 << 20;
/// Documents at most.
const DOCUMENTS: i64 = 1_000;
/// Statements of all documents at most: each replica has them in memory.
const STATEMENTS: usize = 200_000;
/// Bytes of what a document calls itself at most.
const NAME_BYTES: usize = 1_000;

/// Why a document cannot be kept or shown.
#[derive(Debug, Error)]
pub enum VexFailure {
    /// It is none.
    #[error(transparent)]
    Document(#[from] VexError),
    /// It cannot be called what it calls itself.
    #[error("its id has more than {NAME_BYTES} bytes, or control characters")]
    Name,
    /// With it there were more than there may be.
    #[error("all documents together may have {most} {what}; remove those that are outdated")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        most: i64,
    },
    /// There is none of the number.
    #[error("there is no VEX document {0}")]
    Missing(i64),
    /// What is stored cannot be read.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This program is shutting down.
    #[error("cancelled by the shutdown")]
    Cancelled,
}

/// The documents as this replica read them last.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<(Vec<i64>, Arc<VexDocuments>)>);

impl Held {
    fn of(&self, ids: &[i64]) -> Option<Arc<VexDocuments>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (held.0 == ids).then(|| Arc::clone(&held.1))
    }

    fn put(&self, ids: Vec<i64>, documents: &Arc<VexDocuments>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *held = (ids, Arc::clone(documents));
    }
}

impl Registries {
    /// The documents by number.
    pub async fn vex_documents(&self) -> Result<Vec<VexRow>, StoreError> {
        store::vex::list(&mut *self.database.acquire().await?).await
    }

    /// The content of a document, as it was sent.
    pub async fn vex_document(&self, id: i64) -> Result<Vec<u8>, VexFailure> {
        let mut conn = self.database.acquire().await?;
        let found = store::vex::get(&mut conn, id).await?.ok_or(VexFailure::Missing(id))?;
        drop(conn);
        let unpacked = tokio::task::spawn_blocking(move || content(&found));
        unpacked.await.map_err(|_| VexFailure::Cancelled)?
    }

    /// Takes a document, in place of one of the same id, and has all verdicts
    /// published anew.
    pub async fn put_vex(&self, actor: &Actor, text: String) -> Result<VexRow, VexFailure> {
        let read = tokio::task::spawn_blocking(move || read(&text));
        let (mut row, body) = read.await.map_err(|_| VexFailure::Cancelled)??;
        row.uploaded_by.clone_from(&actor.name);
        row.uploaded_at = self.clock.now();
        let mut tx = self.database.begin().await?;
        store::vex::lock(&mut tx).await?;
        check(store::vex::totals_beside(&mut tx, &row.document).await?, &row)?;
        let old = store::vex::list(&mut tx).await?;
        let old = old.into_iter().find(|old| old.document == row.document);
        if let Some(old) = &old {
            store::vex::delete(&mut tx, old.id).await?;
        }
        row.id = store::vex::put(&mut tx, &row, &body).await?;
        self.changed(tx, actor, old.as_ref(), Some(&row)).await?;
        Ok(row)
    }

    /// Removes a document, and has all verdicts published anew.
    pub async fn delete_vex(&self, actor: &Actor, id: i64) -> Result<(), VexFailure> {
        let mut tx = self.database.begin().await?;
        store::vex::lock(&mut tx).await?;
        let old = store::vex::delete(&mut tx, id).await?.ok_or(VexFailure::Missing(id))?;
        self.changed(tx, actor, Some(&old), None).await
    }

    /// Ends a change.
    async fn changed(
        &self,
        mut tx: PgTransaction<'_>,
        actor: &Actor,
        old: Option<&VexRow>,
        new: Option<&VexRow>,
    ) -> Result<(), VexFailure> {
        let told = |row: &VexRow| {
            to_raw_value(&json!({
                "id": row.id, "document": row.document, "format": row.format,
                "author": row.author, "statements": row.statements,
                "digest": Digest::try_from(row.digest.as_slice()).map(Digest::to_oci).ok(),
            }))
            .map_err(|error| StoreError::inconsistent("vex_document", error))
        };
        let (before, after) = (old.map(told).transpose()?, new.map(told).transpose()?);
        let record = NewAudit {
            action: match (old, new) {
                (None, _) => "create",
                (Some(_), Some(_)) => "update",
                (Some(_), None) => "delete",
            },
            kind: "vex_document",
            name: new.or(old).map_or("", |row| &row.document),
            before: before.as_deref(),
            after: after.as_deref(),
        };
        store::report::republish_all(&mut tx).await?;
        audit::record(&mut tx, actor, record).await?;
        tx.commit().await.map_err(StoreError::from)?;
        self.reports.notify_waiters();
        Ok(())
    }

    /// What the documents say.
    pub(super) async fn vex(
        &self,
        conn: &mut PgConnection,
    ) -> Result<Arc<VexDocuments>, StoreError> {
        let ids = store::vex::ids(conn).await?;
        if let Some(documents) = self.vex.of(&ids) {
            return Ok(documents);
        }
        let bodies = store::vex::bodies(conn).await?;
        let ids = bodies.iter().map(|body| body.id).collect();
        let opened = tokio::task::spawn_blocking(move || open(&bodies));
        let opened =
            opened.await.map_err(|error| StoreError::inconsistent("vex_document", error))?;
        let documents = Arc::new(opened);
        self.vex.put(ids, &documents);
        Ok(documents)
    }
}

/// What is stored of a document. Blocks.
fn read(text: &str) -> Result<(VexRow, Vec<u8>), VexFailure> {
    let digest = Digest::of(text.as_bytes());
    let name = digest.to_oci();
    let about = VexDocuments::at_most(STATEMENTS).add("it", text.as_bytes())?;
    let document = about.id.unwrap_or(name);
    if document.len() > NAME_BYTES || document.chars().any(char::is_control) {
        return Err(VexFailure::Name);
    }
    let author = about.author.chars().filter(|c| !c.is_control()).take(NAME_BYTES).collect();
    let body = compress(text.as_bytes())
        .map_err(|error| StoreError::inconsistent("vex_document", error))?;
    let row = VexRow {
        id: 0,
        document,
        format: about.format.as_str().to_owned(),
        author,
        issued_at: about.issued_at,
        statements: i32::try_from(about.statements).unwrap_or(i32::MAX),
        size: text.len() as i64,
        digest: digest.as_bytes().to_vec(),
        uploaded_by: String::new(),
        uploaded_at: chrono::DateTime::UNIX_EPOCH,
    };
    Ok((row, body))
}

fn check(beside: VexTotals, new: &VexRow) -> Result<(), VexFailure> {
    for (what, there, more, most) in [
        ("documents", beside.documents, 1, DOCUMENTS),
        ("statements", beside.statements, i64::from(new.statements), STATEMENTS as i64),
        ("bytes", beside.bytes, new.size, ALL_BYTES),
    ] {
        if there + more > most {
            return Err(VexFailure::TooMany { what, most });
        }
    }
    Ok(())
}

/// All that the documents say. One that this version cannot read says nothing.
/// Blocks.
fn open(bodies: &[VexBody]) -> VexDocuments {
    let mut documents = VexDocuments::at_most(STATEMENTS);
    for body in bodies {
        let added = content(body).and_then(|content| Ok(documents.add(&body.document, &content)?));
        if let Err(error) = added {
            error!(document = body.document, %error, "a VEX document cannot be read");
        }
    }
    documents
}

fn content(body: &VexBody) -> Result<Vec<u8>, VexFailure> {
    let size = usize::try_from(body.size).unwrap_or_default();
    Ok(zstd::bulk::decompress(&body.body, size).map_err(PackError::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_document_is_bounded() {
        let document = |id: &str| {
            json!({ "@context": "https://openvex.dev/ns/v0.2.0", "@id": id, "author": "shop\u{0}",
                "timestamp": "2026-01-02T03:04:05Z", "statements": [
                    { "vulnerability": { "name": "CVE-1" }, "status": "fixed",
                      "products": [{ "@id": "a" }, { "@id": "b" }] }] })
            .to_string()
        };
        let text = document("urn:vex:1");
        let (row, body) = read(&text).unwrap();
        assert_eq!((row.document.as_str(), row.format.as_str()), ("urn:vex:1", "openvex"));
        assert_eq!((row.author.as_str(), row.statements), ("shop", 2));
        let stored = VexBody { id: 1, document: row.document.clone(), size: row.size, body };
        assert_eq!(content(&stored).unwrap(), text.as_bytes());
        assert_eq!(open(&[stored]).len(), 2);
        let nameless = document("");
        assert_eq!(read(&nameless).unwrap().0.document, Digest::of(nameless.as_bytes()).to_oci());
        for id in ["a\u{0}b", &"x".repeat(NAME_BYTES + 1)] {
            assert!(matches!(read(&document(id)), Err(VexFailure::Name)), "{id:?}");
        }
        assert!(matches!(read("{}"), Err(VexFailure::Document(_))));
        let none = VexTotals { documents: 0, statements: 0, bytes: 0 };
        assert!(check(none, &row).is_ok());
        for full in [
            VexTotals { documents: DOCUMENTS, ..none },
            VexTotals { statements: STATEMENTS as i64 - 1, ..none },
            VexTotals { bytes: ALL_BYTES - 1, ..none },
        ] {
            assert!(matches!(check(full, &row), Err(VexFailure::TooMany { .. })), "{full:?}");
        }
    }
}
