//! An authority that stamps signatures with the time (RFC 3161).

use palisade_api::Digest;
use palisade_scanner::signature::Believed;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, date_time_ymd,
};
use rustls_pki_types::CertificateDer;

use super::signer::Key;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const FIRST: u8 = 0xa0;

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const TIMESTAMP: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const POLICY: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x02];

/// An element of DER, of less than 64 KiB.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let mut element = match (high, low) {
        (0, ..0x80) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    element.extend(content);
    element
}

fn object(name: &[u8]) -> Vec<u8> {
    der(OBJECT, &[name])
}

/// The authority, with the one that vouches for it.
pub(super) struct Clock {
    key: Key,
    certificate: Certificate,
    root: Certificate,
}

impl Clock {
    pub(super) fn start() -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut root_params = CertificateParams::default();
        root_params.distinguished_name.push(DnType::CommonName, "shop clocks");
        root_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = root_params.self_signed(&root_key).unwrap();
        let key = Key::generate();
        let mut params = CertificateParams::default();
        params.not_before = date_time_ymd(2023, 1, 1);
        params.not_after = date_time_ymd(2033, 1, 1);
        params.distinguished_name.push(DnType::CommonName, "shop clock");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::TimeStamping];
        let issuer = Issuer::from_params(&root_params, &root_key);
        let certificate = params.signed_by(&key.0, &issuer).unwrap();
        Self { key, certificate, root }
    }

    /// Who is to be believed.
    pub(super) fn authorities(&self) -> Vec<Believed<CertificateDer<'static>>> {
        vec![self.root.der().clone().into()]
    }

    /// The answer that says that `signature` was there at `seconds`.
    pub(super) fn stamp(&self, signature: &[u8], seconds: i64) -> Vec<u8> {
        let sha256 = der(SEQUENCE, &[&object(SHA256)]);
        let hash = |bytes: &[u8]| der(OCTETS, &[Digest::of(bytes).as_bytes()]);
        let number = |number: u8| der(INTEGER, &[&[number]]);
        let time = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        let time = time.format("%Y%m%d%H%M%SZ").to_string();
        let info = der(
            SEQUENCE,
            &[
                &number(1),
                &object(POLICY),
                &der(SEQUENCE, &[&sha256, &hash(signature)]),
                &number(9),
                &der(TIME, &[time.as_bytes()]),
            ],
        );
        let attribute =
            |name: &[u8], value: &[u8]| der(SEQUENCE, &[&object(name), &der(SET, &[value])]);
        let attributes =
            [attribute(CONTENT_TYPE, &object(TIMESTAMP)), attribute(MESSAGE_DIGEST, &hash(&info))]
                .concat();
        let signer = der(
            SEQUENCE,
            &[
                &number(1),
                &der(SEQUENCE, &[]),
                &sha256,
                &der(FIRST, &[&attributes]),
                &der(SEQUENCE, &[&object(ECDSA_WITH_SHA256)]),
                &der(OCTETS, &[&self.key.sign(&der(SET, &[&attributes]))]),
            ],
        );
        let info = der(FIRST, &[&der(OCTETS, &[&info])]);
        let content = der(
            SEQUENCE,
            &[
                &number(3),
                &der(SET, &[&sha256]),
                &der(SEQUENCE, &[&object(TIMESTAMP), &info]),
                &der(FIRST, &[self.certificate.der()]),
                &der(SET, &[&signer]),
            ],
        );
        let token = der(SEQUENCE, &[&object(SIGNED_DATA), &der(FIRST, &[&content])]);
        der(SEQUENCE, &[&der(SEQUENCE, &[&number(0)]), &token])
    }
}
