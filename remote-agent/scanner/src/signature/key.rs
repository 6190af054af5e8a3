//! Public keys that sign payloads, log entries and timestamps.

use std::fmt;

use palisade_api::Digest;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::SubjectPublicKeyInfo;

const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";
const RSA: &str = "1.2.840.113549.1.1.1";
const ED25519: &str = "1.3.101.112";

type Algorithm = &'static dyn VerificationAlgorithm;

// Older clients sign the SHA-256 whatever the key, newer ones what fits it, and
// keys of RSA sign what their owner's tool takes.
static P256_ALGORITHMS: [Algorithm; 1] = [&signature::ECDSA_P256_SHA256_ASN1];
static P384_ALGORITHMS: [Algorithm; 2] =
    [&signature::ECDSA_P384_SHA384_ASN1, &signature::ECDSA_P384_SHA256_ASN1];
static RSA_ALGORITHMS: [Algorithm; 3] = [
    &signature::RSA_PKCS1_2048_8192_SHA256,
    &signature::RSA_PKCS1_2048_8192_SHA384,
    &signature::RSA_PKCS1_2048_8192_SHA512,
];
static ED25519_ALGORITHMS: [Algorithm; 1] = [&signature::ED25519];

/// A public key.
#[derive(Clone)]
pub struct PublicKey {
    /// In one of these it may sign.
    algorithms: &'static [Algorithm],
    key: Vec<u8>,
    info: Vec<u8>,
}

impl PublicKey {
    /// The first key of a text in PEM.
    pub fn from_pem(text: &str) -> Option<Self> {
        let info = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).ok()?;
        Self::from_der(&info)
    }

    /// A key as a certificate holds it (SubjectPublicKeyInfo).
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let (rest, info) = SubjectPublicKeyInfo::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let curve = || {
            let parameters = info.algorithm.parameters.as_ref()?;
            parameters.as_oid().ok().map(|oid| oid.to_id_string())
        };
        let algorithms: &'static [Algorithm] =
            match info.algorithm.algorithm.to_id_string().as_str() {
                EC_PUBLIC_KEY => match curve()?.as_str() {
                    P256 => &P256_ALGORITHMS,
                    P384 => &P384_ALGORITHMS,
                    _ => return None,
                },
                RSA => &RSA_ALGORITHMS,
                ED25519 => &ED25519_ALGORITHMS,
                _ => return None,
            };
        let key = info.subject_public_key.data.to_vec();
        Some(Self { algorithms, key, info: der.to_vec() })
    }

    /// Whether `signature` is this key's on `message`.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.algorithms.iter().any(|algorithm| {
            UnparsedPublicKey::new(*algorithm, &self.key).verify(message, signature).is_ok()
        })
    }

    /// The SHA-256 of the key as a certificate holds it, by which logs are
    /// named.
    pub fn id(&self) -> Digest {
        Digest::of(&self.info)
    }

    /// The key as a certificate holds it.
    pub(super) fn info(&self) -> &[u8] {
        &self.info
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.id()).finish()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// Made with `openssl dgst -sign`, and with `openssl pkeyutl -rawin` for the
    /// last.
    #[test]
    fn keys_of_every_kind() {
        let decoded = |text: &str| STANDARD.decode(text).unwrap();
        let table: [(&str, &str, &[&str]); 4] = [
            (
                "P-256",
                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfBAWlEQdyXCc34/wu/GYR9CMSMQxPH/DQ3Wh\
                 46PHBxSTPFyBy7pyys6agJe5SmSBVPAPNPZ8mE8yNov2xPymTg==",
                &["MEYCIQC080N00oNeZEgZfU+UOyCra5Oapohq5DkirSeEBsxyigIhAMCVvBrIrdo7NBjmIGu7\
                     LaprYHPbGkqQaXndpO6Icewo"],
            ),
            (
                "P-384",
                "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEcywzM/evlPr9+H8trii7GjlOuExpEK0y8cxu/jEl\
                 MD8emMLfsJJfMGKSRcRn7kp2O80rFG4Bq2p1HXkFY8evD0/ekep1sOlGM0HRHqBOFdfCYRts\
                 6XH+jJZ+0Ea5ITmj",
                &[
                    "MGYCMQDaIBm37V+Az6wYfdtkv/r7fjfMsm0PRds7vdK94n7r+DEpNhpQ4EQVPqwJry5ftL8C\
                     MQCZnzKjJUoGfg+6PYMceZEW9sEp7WncXgWhQe5+J/xCgapfAJii09nDP/yIk+t79Po=",
                    "MGUCMQDeqoIVSNEwhUSFsMiYD0yiJvXt0GEfIE9cO+BN8VcvM1sj0Ub9iHJLj8UBTaOZGikC\
                     MDCbMY1IrefteiQSyI4yJCKLqtYGAtn47L3JXpg+bieC/3jnxL7ULKazkXK14XUiMA==",
                ],
            ),
            (
                "RSA",
                "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxUQerLaWx05BJOzqy+ghvhsLhAzf\
                 18BjqNXAODt60Z3Ig8MV3Ci2JzWlLNfPd9JqSGOVReSMf/ZQK5MoekLyo4odXzy7g0y2+pVH\
                 VpTHqG2A2fLuY4GXpJwTSiBq6C+LTYXn5ZYm0yBEG5iV5QRyTPjZa7QsbDs12VMfTtz4zW2V\
                 rDKYJ9hJWsFBKduf30UmhB2mHXNuXYZjllhcAB9eALjdgIPxcZTcKb8/CiCcYc+obokKaMRy\
                 rLITENKJ48bdDxNy/Mas/cjO0RZZb6qaVjC1KXd2IPtesx1A4bWf8+on3w5u0HzEfl4CFLah\
                 boNDPvu6qv8dH+/S49XTvN7aYwIDAQAB",
                &[
                    "X41kdXJ+/sLX9hWSFurk6woXcwFCaah2G2bmku+ncd6ndf/NlorNdDAPireUpBZxOHfFoAzV\
                     SwmDJodlSkGVV/V8zHJrkaJeLr0+zGB7GvBHsfSkT02tl3lPakhmMH+Psr99xPnAdZ/+4oMH\
                     ukT+L3oO+pu9LRVJ58CS8OLYan6nUnkcrvae9Va9VqzeZXS803DvSFfZDJ2apw/REB8BJhhL\
                     DVW3TAWjn1bKX0HD8WbH+c30DkUqNu85lvumh8uIO4xdvfLBfzgLhQi789bn/AxH7ukiA91e\
                     4b76OM+pYPUsJgVw55t8DXa6hELy5vf0A6fJtbXBfT2MMhqUWn57zw==",
                    "XRZOFuVsLecuIOD7KN9bWd5i5jW4oR4yj+eRBgSGFABfSws7pYsNibAocKVzU+9YKtlwiw7t\
                     QCe4XHgUJW3kTDUVG4RhC+XgeHILMcub/t+hcFf7YDbKiZeigyLVKH7FGklDgo7apYTN928N\
                     +CRdq0IzIy2MEO9XVYH96SR1goaNqGJgpRkeq16IENwGe3A6rYlZL+ErGynecsHPyuhC1A7l\
                     ybz3pVfFBbZS0+q7TEb/kWGoKrUESUXdIG1yYZSovx8p6/UYdk7bFMLOIFxELF/CW0qpDBIU\
                     N2yetiJXOUv8do+DGKpxxVraPZ+ucAQAzYIehRoTqmk3x3HZBUJ3zA==",
                ],
            ),
            (
                "Ed25519",
                "MCowBQYDK2VwAyEAlt9lSzROezhVoXcbBV56e+jmQhXAVUNauHD3i3l8+Kc=",
                &["JpBr8Teypa0AR8c4ip03YFoB8duzIVq4eoBxC2fyHT+ny/zy9GXjMXBY54TeMEMfsRKPCaIJ\
                     JbXmDlnBWBqDBg=="],
            ),
        ];
        for (name, key, signatures) in table {
            let key = PublicKey::from_der(&decoded(key)).unwrap();
            for signature in signatures {
                let mut signature = decoded(signature);
                assert!(key.signed(b"a message", &signature), "{name}");
                assert!(!key.signed(b"another message", &signature), "{name}");
                let last = signature.len() - 1;
                signature[last] ^= 1;
                assert!(!key.signed(b"a message", &signature), "{name}");
            }
        }
    }
}
