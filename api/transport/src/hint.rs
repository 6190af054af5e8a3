//! How a client says which authority it trusts: in the `certificate_authorities`
//! extension of its hello (RFC 8446, 4.2.4), as a name whose common name is the
//! fingerprint. A listener with certificates of several authorities shows the
//! one that the client can verify, and so the authority can be replaced while
//! members that know only the old one are away.

use palisade_api::Digest;
use rustls::DistinguishedName;

/// DER of the attribute type `commonName` (2.5.4.3).
const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];
const UTF8_STRING: u8 = 0x0c;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// The hint for the authority with `fingerprint`.
pub(crate) fn authority_hint(fingerprint: Digest) -> DistinguishedName {
    let name = hex::encode(fingerprint.as_bytes());
    let value = tagged(UTF8_STRING, name.as_bytes());
    let attribute = tagged(SEQUENCE, &[COMMON_NAME.as_slice(), &value].concat());
    DistinguishedName::in_sequence(&tagged(SET, &attribute))
}

/// A DER value of less than 128 bytes, whose length is one byte.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, content.len() as u8], content].concat()
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::{FromDer as _, X509Name};

    use super::*;

    #[test]
    fn a_hint_is_a_name_that_others_can_read() {
        let digest = Digest::of(b"an authority");
        let hint = authority_hint(digest);
        let (rest, name) = X509Name::from_der(hint.as_ref()).unwrap();
        assert!(rest.is_empty());
        let common = name.iter_common_name().next().unwrap().as_str().unwrap();
        assert_eq!(common, hex::encode(digest.as_bytes()));
    }
}
