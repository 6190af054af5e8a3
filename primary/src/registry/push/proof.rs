//! How a call proves that it comes from the registry: it knows the registry's
//! secret. Products have different places for that.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, header};
use palisade_identity::secret;
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};

const GITLAB: HeaderName = HeaderName::from_static("x-gitlab-token");
const GITHUB: HeaderName = HeaderName::from_static("x-hub-signature-256");
const JFROG: HeaderName = HeaderName::from_static("x-jfrog-event-auth");
const NEXUS: HeaderName = HeaderName::from_static("x-nexus-webhook-signature");

/// What a call brings.
#[derive(Debug, Default)]
pub struct Proof {
    /// Texts that may be the secret.
    claims: Vec<SecretString>,
    /// What may be signatures of the body.
    signatures: Vec<Signature>,
}

#[derive(Debug)]
struct Signature {
    algorithm: hmac::Algorithm,
    code: Vec<u8>,
}

impl Signature {
    fn read(algorithm: hmac::Algorithm, digits: &str) -> Option<Self> {
        hex::decode(digits).ok().map(|code| Self { algorithm, code })
    }
}

impl Proof {
    /// What the headers bring, and the `secret` of the query, where products
    /// can send nothing else.
    pub fn of(headers: &HeaderMap, query: Option<&str>) -> Self {
        let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
        let mut claims = Vec::new();
        if let Some(value) = text(&header::AUTHORIZATION) {
            claims.push(value.to_owned());
            match value.split_once(' ') {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                    claims.push(token.trim().to_owned());
                }
                Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => {
                    claims.extend(password(pair.trim()));
                }
                _ => {}
            }
        }
        claims.extend(text(&GITLAB).map(str::to_owned));
        claims.extend(query.map(str::to_owned));
        let signed = |digits: &str| Signature::read(hmac::HMAC_SHA256, digits);
        let mut signatures = Vec::new();
        signatures
            .extend(text(&GITHUB).and_then(|value| value.strip_prefix("sha256=")).and_then(signed));
        // Its setting decides whether it is the secret itself.
        if let Some(value) = text(&JFROG) {
            claims.push(value.to_owned());
            signatures.extend(signed(value));
        }
        // As a code with a key SHA-1 is not broken, and Nexus knows no other.
        signatures.extend(
            text(&NEXUS)
                .and_then(|digits| Signature::read(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, digits)),
        );
        Self { claims: claims.into_iter().map(SecretString::from).collect(), signatures }
    }

    /// Whether it shows knowledge of `secret`, in a time that tells nothing
    /// about it.
    pub(super) fn holds(&self, secret: &[u8], body: &[u8]) -> bool {
        let signed = self.signatures.iter().fold(false, |signed, signature| {
            let key = hmac::Key::new(signature.algorithm, secret);
            signed | hmac::verify(&key, body, &signature.code).is_ok()
        });
        self.claims.iter().fold(signed, |holds, claim| {
            holds | secret::equal(claim.expose_secret().as_bytes(), secret)
        })
    }
}

/// The password of a login; the user does not matter.
fn password(pair: &str) -> Option<String> {
    let pair = String::from_utf8(STANDARD.decode(pair).ok()?).ok()?;
    Some(pair.split_once(':')?.1.to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const SECRET: &[u8] = b"correct horse battery";

    fn holds(name: &'static str, value: &str) -> bool {
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )]);
        Proof::of(&headers, None).holds(SECRET, b"{}")
    }

    #[test]
    fn the_secret_is_where_products_put_it() {
        let basic = format!("Basic {}", STANDARD.encode("registry:correct horse battery"));
        for (name, value) in [
            ("authorization", "correct horse battery"),
            ("authorization", "Bearer correct horse battery"),
            ("authorization", "bearer  correct horse battery"),
            ("authorization", basic.as_str()),
            ("x-gitlab-token", "correct horse battery"),
            ("x-jfrog-event-auth", "correct horse battery"),
        ] {
            assert!(holds(name, value), "{name}: {value}");
        }
        assert!(Proof::of(&HeaderMap::new(), Some("correct horse battery")).holds(SECRET, b""));
    }

    #[test]
    fn a_signature_is_that_of_the_body() {
        let signed = |algorithm, body: &[u8]| {
            hex::encode(hmac::sign(&hmac::Key::new(algorithm, SECRET), body))
        };
        let (sha256, sha1) = (hmac::HMAC_SHA256, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY);
        for (name, algorithm, prefix) in [
            ("x-hub-signature-256", sha256, "sha256="),
            ("x-jfrog-event-auth", sha256, ""),
            ("x-nexus-webhook-signature", sha1, ""),
        ] {
            let of = |body: &[u8]| format!("{prefix}{}", signed(algorithm, body));
            assert!(holds(name, &of(b"{}")), "{name}");
            assert!(!holds(name, &of(b"{ }")), "{name}");
            for nonsense in ["sha256=", "sha256=zz", "sha1=00", "00", "zz", ""] {
                assert!(!holds(name, nonsense), "{name}: {nonsense}");
            }
        }
        // Each product signs in its own way.
        assert!(!holds("x-jfrog-event-auth", &signed(sha1, b"{}")));
        assert!(!holds("x-nexus-webhook-signature", &signed(sha256, b"{}")));
        assert!(!holds("x-nexus-webhook-signature", "correct horse battery"));
    }

    #[test]
    fn anything_else_proves_nothing() {
        for value in ["", "Bearer", "Basic !", "Bearer correct horse", "correct horse batterY"] {
            assert!(!holds("authorization", value), "{value}");
        }
        assert!(!Proof::default().holds(SECRET, b"{}"));
        assert!(!Proof::of(&HeaderMap::new(), Some("")).holds(SECRET, b"{}"));
    }
}
