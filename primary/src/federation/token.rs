//! Join tokens: made, listed, revoked, redeemed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::Digest;
use palisade_api::join_token::JoinTokenEnvelope;
use palisade_api::rest::fed::RestInfo;
use palisade_policy::cluster::ClusterLabels;
use palisade_transport::fixed_token::FixedToken;
use secrecy::SecretString;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::{FederationError, Result, Trust};
use crate::store;
use crate::store::audit::{Actor, NewAudit};
use crate::store::member_kind::MemberKind;
use crate::store::token::{NewToken, Token};

/// The most clusters that may join with one token.
pub const MOST_USES: u32 = 100_000;
/// The longest that a token may be valid.
pub const LONGEST_LIFE: TimeDelta = TimeDelta::days(365);

/// A token to be made.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// How many clusters may join with it.
    pub uses: u32,
    /// How long it is valid.
    pub life: TimeDelta,
    /// What who joins becomes.
    pub kind: MemberKind,
    /// Whether somebody has to confirm each join.
    pub approval: bool,
    /// What who joins is labelled with.
    pub labels: ClusterLabels,
}

/// A new token: shown once, then nowhere.
#[derive(Debug)]
pub struct MadeToken {
    /// Its id.
    pub id: Uuid,
    /// What the agent is given.
    pub text: SecretString,
    /// Until when it is valid.
    pub expires_at: DateTime<Utc>,
}

/// Makes a token for the primary that is reached at `address`.
pub async fn create(
    tx: &mut PgTransaction<'_>,
    trust: &Trust,
    actor: &Actor,
    request: TokenRequest,
    address: RestInfo,
    now: DateTime<Utc>,
) -> Result<MadeToken> {
    if request.uses == 0 || request.uses > MOST_USES {
        return Err(FederationError::InvalidValue(format!(
            "a join token can have 1 to {MOST_USES} uses"
        )));
    }
    if request.life <= TimeDelta::zero() || request.life > LONGEST_LIFE {
        return Err(FederationError::InvalidValue(format!(
            "a join token can be valid for up to {} days",
            LONGEST_LIFE.num_days()
        )));
    }
    let port = u16::try_from(address.port).ok().filter(|port| *port > 0).ok_or_else(|| {
        FederationError::InvalidValue(
            "the port of the federation listener is not known: give --federation-address"
                .to_owned(),
        )
    })?;
    let id = Uuid::new_v4();
    let expires_at = now + request.life;
    let ticket = trust.tickets().sign(id, expires_at, request.kind)?;
    store::token::create(
        tx,
        &NewToken {
            id,
            digest: Digest::of(ticket.as_bytes()),
            kind: request.kind,
            labels: &request.labels,
            max_uses: request.uses,
            created_by: &actor.name,
            created_at: now,
            expires_at,
            rejoin: true,
            approval: request.approval,
            sealed_secret: None,
        },
    )
    .await?;
    audit(tx, actor, "create", id).await?;
    let envelope = JoinTokenEnvelope {
        server: address.server,
        port,
        ticket,
        authority: trust.authorities().issuing().fingerprint(),
    };
    let json =
        serde_json::to_vec(&envelope).map_err(|e| FederationError::TicketKey(e.to_string()))?;
    Ok(MadeToken { id, text: STANDARD.encode(json).into(), expires_at })
}

/// Revokes a token.
pub async fn revoke(
    tx: &mut PgTransaction<'_>,
    actor: &Actor,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    if !store::token::revoke(tx, id, now).await? {
        return Err(FederationError::UnknownTokenId(id.simple().to_string()));
    }
    audit(tx, actor, "revoke", id).await
}

/// What a ticket must be, before its row is looked for.
#[derive(Debug)]
enum Form {
    /// Signed by this primary; the id of its token.
    Signed(Uuid),
    /// A fixed token.
    Fixed,
}

fn form(trust: &Trust, ticket: &str) -> Result<Form> {
    if ticket.parse::<FixedToken>().is_ok() {
        return Ok(Form::Fixed);
    }
    Ok(Form::Signed(trust.tickets().verify(ticket)?.jti))
}

/// Refuses a ticket that cannot be one of this primary's.
pub fn check(trust: &Trust, ticket: &str) -> Result<()> {
    form(trust, ticket).map(|_| ())
}

/// Finds the token of a ticket and keeps others from using it until the
/// transaction ends.
pub async fn find(tx: &mut PgTransaction<'_>, trust: &Trust, ticket: &str) -> Result<Token> {
    let form = form(trust, ticket)?;
    store::token::lock(tx, Digest::of(ticket.as_bytes()))
        .await?
        .filter(|token| match form {
            Form::Signed(id) => token.id == id,
            Form::Fixed => true,
        })
        .ok_or(FederationError::TokenUnknown)
}

/// Uses a token once.
pub async fn redeem(tx: &mut PgTransaction<'_>, token: &Token, now: DateTime<Utc>) -> Result<()> {
    if token.revoked_at.is_some() {
        return Err(FederationError::TokenRevoked);
    }
    if token.expires_at <= now {
        return Err(FederationError::TokenExpired(token.expires_at));
    }
    // The row is locked, so what remains is that its uses are spent.
    if !store::token::redeem(tx, token.id, now).await? {
        return Err(FederationError::TokenUsedUp(token.max_uses));
    }
    Ok(())
}

async fn audit(tx: &mut PgTransaction<'_>, actor: &Actor, action: &str, id: Uuid) -> Result<()> {
    let name = id.simple().to_string();
    let record = NewAudit { action, kind: "join_token", name: &name, before: None, after: None };
    Ok(store::audit::record(tx, actor, record).await?)
}
