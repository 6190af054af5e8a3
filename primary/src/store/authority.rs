//! The primary's certificate authority and the key of its join tickets.

use sqlx::PgConnection;

use super::Result;

/// An authority as it is stored.
#[derive(Clone, Debug)]
pub struct StoredAuthority {
    /// DER.
    pub certificate: Vec<u8>,
    /// The authority's key, sealed.
    pub sealed_key: Vec<u8>,
    /// The key that signs join tickets, sealed.
    pub sealed_ticket_key: Vec<u8>,
}

/// Reads the authority; none before the first start.
pub async fn get(conn: &mut PgConnection) -> Result<Option<StoredAuthority>> {
    Ok(sqlx::query_as!(
        StoredAuthority,
        "SELECT certificate, sealed_key, sealed_ticket_key FROM authority",
    )
    .fetch_optional(conn)
    .await?)
}

/// Stores the first authority, unless another replica was faster. Says
/// whether it was stored.
pub async fn create(conn: &mut PgConnection, authority: &StoredAuthority) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO authority (certificate, sealed_key, sealed_ticket_key)
         VALUES ($1, $2, $3) ON CONFLICT ON CONSTRAINT authority_pkey DO NOTHING",
        authority.certificate,
        authority.sealed_key,
        authority.sealed_ticket_key,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
