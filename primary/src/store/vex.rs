//! VEX documents.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgTransaction};

use super::Result;

/// What is known of a document without its content.
#[derive(Clone, Debug)]
pub struct VexRow {
    /// Its number.
    pub id: i64,
    /// What it calls itself.
    pub document: String,
    /// Its form.
    pub format: String,
    /// Who speaks; empty where it does not tell.
    pub author: String,
    /// When it was written; none where it does not tell.
    pub issued_at: Option<DateTime<Utc>>,
    /// Number of statements.
    pub statements: i32,
    /// Bytes as they were sent.
    pub size: i64,
    /// SHA-256 of those.
    pub digest: Vec<u8>,
    /// Who sent it.
    pub uploaded_by: String,
    /// When.
    pub uploaded_at: DateTime<Utc>,
}

/// A document to be read.
#[derive(Clone, Debug)]
pub struct VexBody {
    /// Its number.
    pub id: i64,
    /// What it calls itself.
    pub document: String,
    /// Bytes as they were sent.
    pub size: i64,
    /// Its content, compressed.
    pub body: Vec<u8>,
}

/// What all documents have together.
#[derive(Clone, Copy, Debug)]
pub struct VexTotals {
    /// How many they are.
    pub documents: i64,
    /// Statements.
    pub statements: i64,
    /// Bytes as they were sent.
    pub bytes: i64,
}

/// Makes this transaction the only one that changes documents.
pub async fn lock(tx: &mut PgTransaction<'_>) -> Result<()> {
    sqlx::query!("LOCK TABLE vex_document IN SHARE ROW EXCLUSIVE MODE").execute(&mut **tx).await?;
    Ok(())
}

/// The documents by number.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<VexRow>> {
    Ok(sqlx::query_as!(
        VexRow,
        "SELECT id, document, format, author, issued_at, statements, size, digest, uploaded_by,
                uploaded_at
         FROM vex_document ORDER BY id"
    )
    .fetch_all(conn)
    .await?)
}

/// A document.
pub async fn get(conn: &mut PgConnection, id: i64) -> Result<Option<VexBody>> {
    let found = sqlx::query_as!(
        VexBody,
        "SELECT id, document, size, body FROM vex_document WHERE id = $1",
        id,
    );
    Ok(found.fetch_optional(conn).await?)
}

/// The numbers of the documents: while they are the same, so is what they say.
pub async fn ids(conn: &mut PgConnection) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar!("SELECT id FROM vex_document ORDER BY id").fetch_all(conn).await?)
}

/// All documents by number.
pub async fn bodies(conn: &mut PgConnection) -> Result<Vec<VexBody>> {
    let found =
        sqlx::query_as!(VexBody, "SELECT id, document, size, body FROM vex_document ORDER BY id");
    Ok(found.fetch_all(conn).await?)
}

/// What there is beside the document of this name.
pub async fn totals_beside(conn: &mut PgConnection, document: &str) -> Result<VexTotals> {
    Ok(sqlx::query_as!(
        VexTotals,
        r#"SELECT count(*) AS "documents!", coalesce(sum(statements), 0) AS "statements!",
                  coalesce(sum(size), 0)::bigint AS "bytes!"
           FROM vex_document WHERE document <> $1"#,
        document,
    )
    .fetch_one(conn)
    .await?)
}

/// Stores a document, whose number is given. The transaction holds the lock.
pub async fn put(tx: &mut PgTransaction<'_>, new: &VexRow, body: &[u8]) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO vex_document
             (document, format, author, issued_at, statements, size, digest, uploaded_by,
              uploaded_at, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         RETURNING id",
        new.document,
        new.format,
        new.author,
        new.issued_at,
        new.statements,
        new.size,
        new.digest,
        new.uploaded_by,
        new.uploaded_at,
        body,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Removes a document, and gives what is known of it.
pub async fn delete(tx: &mut PgTransaction<'_>, id: i64) -> Result<Option<VexRow>> {
    Ok(sqlx::query_as!(
        VexRow,
        "DELETE FROM vex_document WHERE id = $1
         RETURNING id, document, format, author, issued_at, statements, size, digest, uploaded_by,
                   uploaded_at",
        id,
    )
    .fetch_optional(&mut **tx)
    .await?)
}
