//! The ticket inside a join token: an EdDSA JWT signed by the primary.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use palisade_api::ClusterId;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use secrecy::{ExposeSecret as _, SecretSlice};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{FederationError, Result};
use crate::store::member_kind::MemberKind;

/// Tickets longer than this are not looked at.
const MOST_BYTES: usize = 4_096;

/// What a ticket says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The token's id.
    pub jti: Uuid,
    /// The primary's id.
    pub iss: ClusterId,
    /// The end of the token, in seconds since 1970.
    pub exp: i64,
    /// What who joins becomes.
    pub kind: MemberKind,
}

/// The key that signs and verifies the tickets of one primary.
pub struct TicketKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    primary: ClusterId,
}

impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketKey").field("primary", &self.primary).finish_non_exhaustive()
    }
}

impl TicketKey {
    /// A new private key as PKCS#8, to be stored sealed.
    pub fn generate() -> Result<SecretSlice<u8>> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| FederationError::TicketKey("no key could be made".to_owned()))?;
        Ok(document.as_ref().to_vec().into())
    }

    /// Takes up a key made by [`TicketKey::generate`] for the tickets of
    /// `primary`.
    pub fn from_pkcs8(pkcs8: &SecretSlice<u8>, primary: ClusterId) -> Result<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.expose_secret())
            .map_err(|e| FederationError::TicketKey(e.to_string()))?;
        Ok(Self {
            encoding: EncodingKey::from_ed_der(pkcs8.expose_secret()),
            decoding: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            primary,
        })
    }

    /// Signs a ticket.
    pub fn sign(&self, id: Uuid, expires_at: DateTime<Utc>, kind: MemberKind) -> Result<String> {
        let ticket = Ticket { jti: id, iss: self.primary, exp: expires_at.timestamp(), kind };
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &ticket, &self.encoding)
            .map_err(|e| FederationError::TicketKey(e.to_string()))
    }

    /// Checks that this primary has signed the ticket. Whether it is still
    /// good, its row in the database tells.
    pub fn verify(&self, ticket: &str) -> Result<Ticket> {
        if ticket.len() > MOST_BYTES {
            return Err(FederationError::TokenTampered);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        match jsonwebtoken::decode::<Ticket>(ticket, &self.decoding, &validation) {
            Ok(data) if data.claims.iss == self.primary => Ok(data.claims),
            Ok(_) => Err(FederationError::TokenOfAnotherPrimary),
            // What an unverified ticket says of its origin only chooses the
            // text of the refusal.
            Err(_) => match unverified(ticket) {
                Some(claims) if claims.iss != self.primary => {
                    Err(FederationError::TokenOfAnotherPrimary)
                }
                _ => Err(FederationError::TokenTampered),
            },
        }
    }
}

fn unverified(ticket: &str) -> Option<Ticket> {
    let payload = ticket.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn primary(id: u128) -> ClusterId {
        ClusterId::from_uuid(Uuid::from_u128(id))
    }

    fn key(id: u128) -> TicketKey {
        TicketKey::from_pkcs8(&TicketKey::generate().unwrap(), primary(id)).unwrap()
    }

    #[test]
    fn a_ticket_says_what_was_signed() {
        let key = key(1);
        let id = Uuid::from_u128(9);
        let ticket =
            key.sign(id, DateTime::from_timestamp(1_800_000_000, 0).unwrap(), MemberKind::Home);
        let read = key.verify(&ticket.unwrap()).unwrap();
        assert_eq!(
            read,
            Ticket { jti: id, iss: primary(1), exp: 1_800_000_000, kind: MemberKind::Home }
        );
    }

    #[test]
    fn no_character_can_be_changed() {
        let key = key(1);
        let ticket =
            key.sign(Uuid::from_u128(9), DateTime::UNIX_EPOCH, MemberKind::Remote).unwrap();
        for at in 0..ticket.len() {
            let mut changed = ticket.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'Q' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(key.verify(&changed).is_err(), "byte {at} of {ticket}");
            assert!(key.verify(&ticket[..at]).is_err());
        }
    }

    #[test]
    fn a_ticket_of_another_primary_is_told_from_a_changed_one() {
        let theirs =
            key(2).sign(Uuid::from_u128(9), DateTime::UNIX_EPOCH, MemberKind::Remote).unwrap();
        assert!(matches!(key(1).verify(&theirs), Err(FederationError::TokenOfAnotherPrimary)));
        let ours = key(1);
        let good = ours.sign(Uuid::from_u128(9), DateTime::UNIX_EPOCH, MemberKind::Remote).unwrap();
        let (signed, _) = good.rsplit_once('.').unwrap();
        for forged in
            [format!("{signed}."), format!("{signed}.AAAA"), String::new(), "x".repeat(5_000)]
        {
            assert!(matches!(ours.verify(&forged), Err(FederationError::TokenTampered)));
        }
    }
}
