//! What a cluster joins by: a token of either form, and where the primary is reached.

use base64::Engine as _;
use palisade_api::join_token::JoinTokenEnvelope;
use palisade_transport::client::PrimaryAddress;
use palisade_transport::fixed_token::FixedToken;
use secrecy::{ExposeSecret as _, SecretString};

use super::EnrolError;

/// A token is some hundred bytes long.
const MOST_TOKEN_BYTES: usize = 16 * 1024;

/// What lets a cluster join.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A token that the primary made.
    Token(JoinTokenEnvelope),
    /// A token that was written into the configuration of both.
    Fixed {
        /// The token.
        token: FixedToken,
        /// Where the primary is reached.
        address: PrimaryAddress,
    },
}

impl Credential {
    /// Reads a token of either form. `address` is where the primary is reached,
    /// where the token does not say or somebody knows better.
    pub fn read(token: &SecretString, address: Option<PrimaryAddress>) -> Result<Self, EnrolError> {
        if let Ok(token) = token.expose_secret().trim().parse::<FixedToken>() {
            let address = address.ok_or(EnrolError::Token(
                "it is a fixed token, and nobody says where the primary is",
            ))?;
            return Ok(Self::Fixed { token, address });
        }
        let mut envelope = read_token(token)?;
        if let Some(PrimaryAddress { host, port }) = address {
            (envelope.server, envelope.port) = (host, port);
        }
        Ok(Self::Token(envelope))
    }

    /// The same where somebody knows a better host or port.
    #[must_use]
    pub fn reached_by(mut self, server: Option<String>, port: Option<u16>) -> Self {
        let (host, at) = match &mut self {
            Self::Token(envelope) => (&mut envelope.server, &mut envelope.port),
            Self::Fixed { address, .. } => (&mut address.host, &mut address.port),
        };
        if let Some(server) = server {
            *host = server;
        }
        *at = port.unwrap_or(*at);
        self
    }

    pub(super) fn address(&self) -> PrimaryAddress {
        match self {
            Self::Token(envelope) => {
                PrimaryAddress { host: envelope.server.clone(), port: envelope.port }
            }
            Self::Fixed { address, .. } => address.clone(),
        }
    }
}

/// What a token says.
pub fn read_token(token: &SecretString) -> Result<JoinTokenEnvelope, EnrolError> {
    let text = token.expose_secret().trim();
    if text.len() > MOST_TOKEN_BYTES {
        return Err(EnrolError::Token("it is too long"));
    }
    let json = base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|_| EnrolError::Token("it is not base64"))?;
    let envelope: JoinTokenEnvelope = serde_json::from_slice(&json)
        .map_err(|_| EnrolError::Token("it does not hold what a join token holds"))?;
    if envelope.server.is_empty() || envelope.port == 0 || envelope.ticket.is_empty() {
        return Err(EnrolError::Token("it does not hold what a join token holds"));
    }
    Ok(envelope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(json: &str) -> SecretString {
        base64::engine::general_purpose::STANDARD.encode(json).into()
    }

    #[test]
    fn a_token_is_read() {
        let json = format!(r#"{{"s":"primary","p":11443,"t":"x.y.z","f":"{}"}}"#, "ab".repeat(32));
        let envelope = read_token(&token(&json)).unwrap();
        assert_eq!((envelope.server.as_str(), envelope.port), ("primary", 11443));
    }

    #[test]
    fn a_token_that_is_none_says_so_and_does_not_repeat_itself() {
        for text in [
            "not base64!".into(),
            token("{}"),
            token(r#"{"s":"","p":1,"t":"secret","f":"00"}"#),
            token(r#"{"s":"a","p":70000,"t":"secret"}"#),
            "A".repeat(20_000).into(),
        ] {
            let error = read_token(&text).unwrap_err().to_string();
            assert!(error.contains("join token cannot be read"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
