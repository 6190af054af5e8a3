//! A provider's word that somebody logged out there (OpenID Connect Back-Channel Logout 1.0).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::CoreJwsSigningAlgorithm;
use openidconnect::{JsonWebKey as _, JsonWebKeyId, JsonWebKeyUse};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Number, Value};
use thiserror::Error;

use super::finish::CLOCKS;
use super::key::ProviderKey;
use super::provider::ALGORITHMS;

/// The event that such a token tells.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// The type of such a token, where it says one.
const TYPE: &str = "logout+jwt";
/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 16_384;
/// A token counts for so long at most: providers mean two minutes, and those of the drafts of
/// the standard said no end.
const LIFE: TimeDelta = TimeDelta::minutes(10);

/// A token that does not count.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the logout token {0}")]
pub struct WrongToken(&'static str);

impl WrongToken {
    pub(super) const UNSIGNED: Self = Self("is signed with no key of the provider");
    pub(super) const KNOWN: Self = Self("came before");
}

/// A token as it came: until it is verified, anybody may have made it.
#[derive(Debug)]
pub(super) struct LogoutToken<'a> {
    header: Header,
    claims: Claims,
    /// What is signed.
    message: &'a str,
    signature: Vec<u8>,
}

/// Whose sessions ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended<'a> {
    /// All sessions of somebody.
    Subject(&'a str),
    /// One session, of whomever or of somebody.
    Session { sid: &'a str, subject: Option<&'a str> },
}

/// What a token that counts says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told<'a> {
    pub(super) ended: Ended<'a>,
    /// By what it is known again.
    pub(super) id: &'a str,
    /// From when on it would be refused for its age.
    pub(super) until: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<JsonWebKeyId>,
    typ: Option<String>,
    crit: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: Number,
    exp: Option<Number>,
    jti: String,
    events: Map<String, Value>,
    sub: Option<String>,
    sid: Option<String>,
    nonce: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn has(&self, client_id: &str) -> bool {
        match self {
            Self::One(one) => one == client_id,
            Self::Several(several) => several.iter().any(|one| one == client_id),
        }
    }
}

impl<'a> LogoutToken<'a> {
    /// Takes a token apart.
    pub(super) fn read(token: &'a str) -> Result<Self, WrongToken> {
        if token.len() > MAX_TOKEN {
            return Err(WrongToken("is too long"));
        }
        let malformed = WrongToken("is none, or is encrypted");
        let (message, signature) = token.rsplit_once('.').ok_or(malformed)?;
        let (header, claims) = message.split_once('.').ok_or(malformed)?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed);
        let header = serde_json::from_slice(&decoded(header)?).map_err(|_| malformed)?;
        let claims = serde_json::from_slice(&decoded(claims)?)
            .map_err(|_| WrongToken("lacks a claim, or has one that is malformed"))?;
        Ok(Self { header, claims, message, signature: decoded(signature)? })
    }

    /// What it says, if it is from `issuer` for `client_id` and counts now. Who made it, only
    /// its signature tells.
    pub(super) fn check(
        &self,
        issuer: &str,
        client_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Told<'_>, WrongToken> {
        let Claims { iss, aud, iat, exp, jti, events, sub, sid, nonce } = &self.claims;
        if self.header.crit.is_some() {
            return Err(WrongToken("wants something understood that is not"));
        }
        if self.header.typ.as_deref().is_some_and(|typ| !is_type(typ)) {
            return Err(WrongToken("is of another type"));
        }
        if iss != issuer {
            return Err(WrongToken("is another provider's"));
        }
        if !aud.has(client_id) {
            return Err(WrongToken("is for another client"));
        }
        if !events.get(EVENT).is_some_and(Value::is_object) {
            return Err(WrongToken("tells of no logout"));
        }
        // With one it would be an ID token.
        if nonce.is_some() {
            return Err(WrongToken("has a nonce"));
        }
        if jti.is_empty() {
            return Err(WrongToken("has no jti"));
        }
        let malformed = WrongToken("says no moment");
        let begin = moment(iat).ok_or(malformed)?;
        if begin > now + CLOCKS {
            return Err(WrongToken("does not count yet"));
        }
        let latest = begin + LIFE;
        let end = exp.as_ref().map(|exp| moment(exp).ok_or(malformed)).transpose()?;
        let until = end.map_or(latest, |end| end.min(latest)) + CLOCKS;
        if now >= until {
            return Err(WrongToken("counts no more"));
        }
        let given = |text: &&str| !text.is_empty();
        let ended = match (sid.as_deref().filter(given), sub.as_deref().filter(given)) {
            (Some(sid), subject) => Ended::Session { sid, subject },
            (None, Some(subject)) => Ended::Subject(subject),
            (None, None) => return Err(WrongToken("names neither a session nor anybody")),
        };
        Ok(Told { ended, id: jti, until })
    }

    /// Whether one of the keys signed it.
    pub(super) fn is_signed_by(&self, keys: &[ProviderKey]) -> bool {
        let Header { alg, kid, .. } = &self.header;
        let fits = |key: &&ProviderKey| {
            (kid.is_none() || kid.as_ref() == key.key_id())
                && key.key_use().is_none_or(JsonWebKeyUse::allows_signature)
        };
        let message = self.message.as_bytes();
        let signed =
            |key: &ProviderKey| key.verify_signature(alg, message, &self.signature).is_ok();
        ALGORITHMS.contains(alg) && keys.iter().filter(fits).any(signed)
    }
}

/// Types are written with or without what all of them begin with, and in any letter case.
fn is_type(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    let short = typ.strip_prefix("application/").unwrap_or(&typ);
    matches!(short, TYPE | "jwt")
}

fn moment(seconds: &Number) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds.as_f64()? as i64, 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://idp.example";

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2lnbmVk", part(header), part(claims))
    }

    /// What a token of these claims says, beside those that all need.
    fn told(change: &Value) -> Result<(Option<String>, Option<String>), WrongToken> {
        let at = now().timestamp();
        let mut claims = json!({
            "iss": ISSUER, "aud": "palisade", "iat": at, "exp": at + 120, "jti": "1",
            "events": { EVENT: {} }, "sub": "mary", "sid": "s1",
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let header = json!({ "alg": "RS256", "typ": "logout+jwt" });
        let token = token(&header, &claims);
        let token = LogoutToken::read(&token)?;
        let told = token.check(ISSUER, "palisade", now())?;
        Ok(match told.ended {
            Ended::Subject(subject) => (None, Some(subject.to_owned())),
            Ended::Session { sid, subject } => (Some(sid.to_owned()), subject.map(str::to_owned)),
        })
    }

    #[test]
    fn a_token_names_a_session_or_somebody() {
        let text = |text: &str| Some(text.to_owned());
        for (change, expected) in [
            (json!({}), (text("s1"), text("mary"))),
            (json!({ "sub": null }), (text("s1"), None)),
            (json!({ "sid": null }), (None, text("mary"))),
            (json!({ "aud": ["other", "palisade"] }), (text("s1"), text("mary"))),
            // As the drafts had it.
            (json!({ "exp": null }), (text("s1"), text("mary"))),
            (json!({ "iat": 1_799_999_999.5 }), (text("s1"), text("mary"))),
            (json!({ "iat": now().timestamp() + 30 }), (text("s1"), text("mary"))),
        ] {
            assert_eq!(told(&change), Ok(expected), "{change}");
        }
    }

    #[test]
    fn whatever_else_it_says_it_does_not_count() {
        let at = now().timestamp();
        for change in [
            json!({ "iss": "https://evil.example" }),
            json!({ "aud": "other" }),
            json!({ "aud": [] }),
            json!({ "aud": null }),
            json!({ "iat": null }),
            json!({ "iat": at + 90 }),
            json!({ "iat": 1e18, "exp": null }),
            json!({ "iat": DateTime::<Utc>::MAX_UTC.timestamp() }),
            json!({ "iat": -1e300 }),
            json!({ "iat": at - 3_600, "exp": null }),
            json!({ "iat": at - 3_600, "exp": at + 3_600 }),
            json!({ "iat": at - 300, "exp": at - 90 }),
            json!({ "exp": "soon" }),
            json!({ "jti": null }),
            json!({ "jti": "" }),
            json!({ "events": null }),
            json!({ "events": {} }),
            json!({ "events": { EVENT: true } }),
            json!({ "events": [EVENT] }),
            json!({ "nonce": "n" }),
            json!({ "sub": null, "sid": null }),
            json!({ "sub": "", "sid": "" }),
        ] {
            assert!(told(&change).is_err(), "{change}");
        }
    }

    #[test]
    fn what_is_no_such_token_is_not_read() {
        let claims = json!({});
        for token in [
            String::new(),
            "a.b".to_owned(),
            "a.b.c".to_owned(),
            format!("{}.x.y", token(&json!({ "alg": "RSA-OAEP", "enc": "A256GCM" }), &claims)),
            token(&json!({ "alg": "RS256" }), &claims),
            "a".repeat(MAX_TOKEN + 1),
        ] {
            assert!(LogoutToken::read(&token).is_err(), "{token}");
        }
        for typ in ["at+jwt", "application/secevent+jwt", ""] {
            assert!(!is_type(typ), "{typ}");
        }
        for typ in ["logout+jwt", "JWT", "application/logout+JWT"] {
            assert!(is_type(typ), "{typ}");
        }
    }
}
