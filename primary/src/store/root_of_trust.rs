//! Roots of trust for signatures, and their verifiers.

use palisade_api::rest::scan::{SigstoreRootOfTrust, SigstoreVerifier};
use sqlx::PgConnection;

use super::Result;

/// The constraint that forbids two roots of a name.
pub const DUPLICATE_ROOT: &str = "root_of_trust_pkey";
/// The constraint that forbids two verifiers of a name in a root.
pub const DUPLICATE_VERIFIER: &str = "verifier_pkey";
/// The constraint that forbids verifiers without a root.
pub const ROOT_OF_VERIFIER: &str = "verifier_root_of_trust_fkey";

/// A verifier and the root that it belongs to.
#[derive(Clone, Debug)]
pub struct VerifierOfRoot {
    /// The root's name.
    pub root: String,
    /// The verifier.
    pub verifier: SigstoreVerifier,
}

/// All roots by name, without their verifiers.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<SigstoreRootOfTrust>> {
    let rows = sqlx::query!(
        "SELECT name, is_private, rootless_keypairs_only, rekor_public_key, root_cert,
                sct_public_key, comment
         FROM root_of_trust ORDER BY name"
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SigstoreRootOfTrust {
            name: row.name,
            is_private: row.is_private,
            rootless_keypairs_only: row.rootless_keypairs_only,
            rekor_public_key: row.rekor_public_key,
            root_cert: row.root_cert,
            sct_public_key: row.sct_public_key,
            verifiers: None,
            cfg_type: "user_created".to_owned(),
            comment: row.comment,
        })
        .collect())
}

/// The verifiers of all roots, by name.
pub async fn verifiers(conn: &mut PgConnection) -> Result<Vec<VerifierOfRoot>> {
    let rows = sqlx::query!(
        "SELECT root_of_trust, name, verifier_type, public_key, cert_issuer, cert_subject, comment
         FROM verifier ORDER BY root_of_trust, name"
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| VerifierOfRoot {
            root: row.root_of_trust,
            verifier: SigstoreVerifier {
                name: row.name,
                verifier_type: row.verifier_type,
                public_key: row.public_key,
                cert_issuer: row.cert_issuer,
                cert_subject: row.cert_subject,
                comment: row.comment,
            },
        })
        .collect())
}

/// Keeps a root and its verifiers as they are until the transaction ends: each change of one of them
/// takes this first. Says whether there is one.
pub async fn lock(conn: &mut PgConnection, name: &str) -> Result<bool> {
    let found =
        sqlx::query_scalar!("SELECT name FROM root_of_trust WHERE name = $1 FOR UPDATE", name)
            .fetch_optional(conn)
            .await?;
    Ok(found.is_some())
}

/// Adds a root.
pub async fn create(conn: &mut PgConnection, root: &SigstoreRootOfTrust) -> Result<()> {
    sqlx::query!(
        "INSERT INTO root_of_trust (name, is_private, rootless_keypairs_only, rekor_public_key,
                                    root_cert, sct_public_key, comment)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        root.name,
        root.is_private,
        root.rootless_keypairs_only,
        root.rekor_public_key,
        root.root_cert,
        root.sct_public_key,
        root.comment,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes what of a root may change. Says whether there is one.
pub async fn update(conn: &mut PgConnection, root: &SigstoreRootOfTrust) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE root_of_trust
         SET rekor_public_key = $2, root_cert = $3, sct_public_key = $4, comment = $5
         WHERE name = $1",
        root.name,
        root.rekor_public_key,
        root.root_cert,
        root.sct_public_key,
        root.comment,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a root with its verifiers. Says whether there was one.
pub async fn delete(conn: &mut PgConnection, name: &str) -> Result<bool> {
    let done =
        sqlx::query!("DELETE FROM root_of_trust WHERE name = $1", name).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Adds a verifier to a root.
pub async fn create_verifier(
    conn: &mut PgConnection,
    root: &str,
    verifier: &SigstoreVerifier,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO verifier (root_of_trust, name, verifier_type, public_key, cert_issuer,
                               cert_subject, comment)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        root,
        verifier.name,
        verifier.verifier_type,
        verifier.public_key,
        verifier.cert_issuer,
        verifier.cert_subject,
        verifier.comment,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes a verifier. Says whether there is one.
pub async fn update_verifier(
    conn: &mut PgConnection,
    root: &str,
    verifier: &SigstoreVerifier,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE verifier SET verifier_type = $3, public_key = $4, cert_issuer = $5,
                             cert_subject = $6, comment = $7
         WHERE root_of_trust = $1 AND name = $2",
        root,
        verifier.name,
        verifier.verifier_type,
        verifier.public_key,
        verifier.cert_issuer,
        verifier.cert_subject,
        verifier.comment,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a verifier. Says whether there was one.
pub async fn delete_verifier(conn: &mut PgConnection, root: &str, name: &str) -> Result<bool> {
    let done =
        sqlx::query!("DELETE FROM verifier WHERE root_of_trust = $1 AND name = $2", root, name)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}
