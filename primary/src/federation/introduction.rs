//! Fixed tokens: stored sealed, and how the primary shows an agent that it
//! knows one before the agent gives it away.

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use palisade_policy::cluster::ClusterLabels;
use palisade_transport::authority::Authority;
use palisade_transport::fixed_token::FixedToken;
use palisade_transport::seal::Sealer;
use secrecy::{ExposeSecret as _, SecretSlice};
use sqlx::PgTransaction;
use uuid::Uuid;

use super::token::{LONGEST_LIFE, MOST_USES};
use super::{FederationError, Result};
use crate::App;
use crate::store;
use crate::store::member_kind::MemberKind;
use crate::store::token::NewToken;

/// What sealed fixed tokens are bound to.
const PURPOSE: &str = "fixed join token";
/// Bytes of a question.
const NONCE: usize = 32;

/// Proves that this primary knows the token, for each authority that its
/// certificates are signed by.
pub async fn prove(app: &App, ticket_digest: &[u8], nonce: &[u8]) -> Result<Vec<Vec<u8>>> {
    let digest = Digest::try_from(ticket_digest)
        .map_err(|_| FederationError::InvalidValue("the token's digest is none".to_owned()))?;
    if nonce.len() != NONCE {
        return Err(FederationError::InvalidValue(format!("a question has {NONCE} bytes")));
    }
    let mut conn = app.database.acquire().await?;
    let sealed = store::token::sealed_secret(&mut conn, digest, app.clock.now()).await?;
    let secret = app.sealer.open(PURPOSE, &sealed.ok_or(FederationError::TokenUnknown)?)?;
    let token = read(&secret)?;
    let authorities = app.trust.authorities();
    Ok(authorities.all().map(Authority::fingerprint).map(|of| token.prove(nonce, of)).collect())
}

fn read(secret: &SecretSlice<u8>) -> Result<FixedToken> {
    std::str::from_utf8(secret.expose_secret())
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| store::StoreError::inconsistent("token", "a sealed token is none").into())
}

/// Lets clusters join by `token` for a year from now on, unless it was revoked.
pub async fn accept(
    tx: &mut PgTransaction<'_>,
    sealer: &Sealer,
    token: &FixedToken,
    rejoin: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let secret = sealer.seal(PURPOSE, token.ticket().expose_secret().as_bytes())?;
    let new = NewToken {
        id: Uuid::new_v4(),
        digest: token.ticket_digest(),
        kind: MemberKind::Remote,
        labels: &ClusterLabels::default(),
        max_uses: MOST_USES,
        created_by: "fedinitcfg.yaml",
        created_at: now,
        expires_at: now + LONGEST_LIFE,
        rejoin,
        approval: false,
        sealed_secret: Some(&secret),
    };
    Ok(store::token::put_fixed(tx, &new).await?)
}
