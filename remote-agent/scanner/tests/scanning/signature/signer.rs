//! Who signs: key pairs, an authority for identities, and two logs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_api::Digest;
use palisade_scanner::signature::{RootOfTrust, Trust, Verifier, VerifierKind};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, PublicKeyData as _, SanType, date_time_ymd,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

/// In the life of every signer's certificate, 2024-01-01 12:00.
pub(crate) const SIGNED_AT: i64 = 1_704_110_400;
pub(crate) const ISSUER: &str = "https://accounts.shop.example";
pub(crate) const SUBJECT: &str = "release@shop.example";

/// A key pair, ECDSA on P-256.
pub(crate) struct Key(pub(crate) KeyPair);

impl Key {
    pub(crate) fn generate() -> Self {
        Self(KeyPair::generate().unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.public_key_pem()
    }

    pub(crate) fn id(&self) -> Digest {
        Digest::of(&self.0.subject_public_key_info())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let pair = self.0.serialize_der();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pair, &random).unwrap();
        pair.sign(&random, message).unwrap().as_ref().to_vec()
    }

    pub(crate) fn verifier(&self, name: &str) -> Verifier {
        let kind = VerifierKind::key_pair(&self.pem()).unwrap();
        Verifier { name: name.to_owned(), kind }
    }
}

pub(crate) fn keyless(name: &str, issuer: &str, subject: &str) -> Verifier {
    let kind = VerifierKind::keyless(issuer, subject).unwrap();
    Verifier { name: name.to_owned(), kind }
}

pub(crate) fn root(name: &str, trust: Trust, verifiers: Vec<Verifier>) -> RootOfTrust {
    RootOfTrust { name: name.to_owned(), trust, verifiers }
}

/// Encodes as the JSON of signatures does.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A transparency log for signatures.
pub(crate) struct Log(pub(crate) Key);

impl Log {
    pub(crate) fn start() -> Self {
        Self(Key::generate())
    }

    /// Takes a signature in: the entry with the log's promise, in cosign's
    /// form.
    pub(crate) fn take_in(&self, message: &[u8], signature: &[u8], key_pem: &str) -> Value {
        let spec = json!({
            "data": {"hash": {"algorithm": "sha256", "value": Digest::of(message).to_string()}},
            "signature": {
                "content": base64(signature),
                "publicKey": {"content": base64(key_pem.as_bytes())},
            },
        });
        self.promise(&json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec}))
    }

    /// Takes an envelope in.
    pub(crate) fn take_in_envelope(&self, signature: &[u8], key_pem: &str) -> Value {
        let signature =
            json!({"signature": base64(signature), "verifier": base64(key_pem.as_bytes())});
        let spec = json!({"signatures": [signature]});
        self.promise(&json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}))
    }

    /// Takes an envelope in as logs did before, whose entries have it in base64 twice.
    pub(crate) fn take_in_statement(&self, signature: &[u8], key_pem: &str) -> Value {
        let text = base64(signature);
        let signature =
            json!({"sig": base64(text.as_bytes()), "publicKey": base64(key_pem.as_bytes())});
        let hash = json!({"algorithm": "sha256", "value": "0".repeat(64)});
        let envelope =
            json!({"payloadType": "application/vnd.in-toto+json", "signatures": [signature]});
        let content = json!({"envelope": envelope, "hash": hash, "payloadHash": hash});
        self.promise(
            &json!({"apiVersion": "0.0.2", "kind": "intoto", "spec": {"content": content}}),
        )
    }

    /// Takes a signature in behind another one, and proves it as logs do that promise nothing:
    /// the entry in the form of bundles.
    pub(crate) fn prove(&self, message: &[u8], signature: &[u8], certificate: &[u8]) -> Value {
        let verifier = json!({
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "x509Certificate": {"rawBytes": base64(certificate)},
        });
        let spec = json!({
            "data": {
                "algorithm": "SHA2_256", "digest": base64(Digest::of(message).as_bytes()),
            },
            "signature": {"content": base64(signature), "verifier": verifier},
        });
        let entry = json!({
            "apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": spec},
        })
        .to_string();
        let first = Digest::of(b"\0the entry before");
        let leaf = Digest::of(format!("\0{entry}").as_bytes());
        let root = [&b"\x01"[..], first.as_bytes(), leaf.as_bytes()].concat();
        let root = base64(Digest::of(&root).as_bytes());
        let text = format!("log.shop.example\n2\n{root}\n");
        let signed = [&b"hint"[..], &self.0.sign(text.as_bytes())].concat();
        let checkpoint = format!("{text}\n\u{2014} log.shop.example {}\n", base64(&signed));
        json!({
            "logIndex": "1",
            "logId": {"keyId": base64(b"not the hash of the key alone")},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
            "inclusionProof": {
                "logIndex": "1",
                "rootHash": root,
                "treeSize": "2",
                "hashes": [base64(first.as_bytes())],
                "checkpoint": {"envelope": checkpoint},
            },
            "canonicalizedBody": base64(entry.as_bytes()),
        })
    }

    fn promise(&self, entry: &Value) -> Value {
        let body = base64(entry.to_string().as_bytes());
        let log_id = self.0.id().to_string();
        let promised = format!(
            r#"{{"body":"{body}","integratedTime":{SIGNED_AT},"logID":"{log_id}","logIndex":7}}"#
        );
        json!({
            "SignedEntryTimestamp": base64(&self.0.sign(promised.as_bytes())),
            "Payload": {
                "body": body, "integratedTime": SIGNED_AT, "logID": log_id, "logIndex": 7,
            },
        })
    }
}

/// An authority that vouches for identities, with an intermediate, and the
/// log that holds its certificates.
pub(crate) struct Authority {
    root_key: KeyPair,
    root: CertificateParams,
    key: KeyPair,
    params: CertificateParams,
    pub(crate) log: Key,
}

/// What a signer's certificate is like.
pub(crate) struct Wish {
    pub(crate) usage: ExtendedKeyUsagePurpose,
    pub(crate) logged: bool,
}

impl Default for Wish {
    fn default() -> Self {
        Self { usage: ExtendedKeyUsagePurpose::CodeSigning, logged: true }
    }
}

/// A signer with a certificate.
pub(crate) struct Signer {
    pub(crate) key: Key,
    pub(crate) certificate: Certificate,
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

impl Authority {
    pub(crate) fn start() -> Self {
        Self {
            root_key: KeyPair::generate().unwrap(),
            root: authority("shop root"),
            key: KeyPair::generate().unwrap(),
            params: authority("shop intermediate"),
            log: Key::generate(),
        }
    }

    pub(crate) fn root(&self) -> Certificate {
        self.root.self_signed(&self.root_key).unwrap()
    }

    pub(crate) fn intermediate(&self) -> Certificate {
        let issuer = Issuer::from_params(&self.root, &self.root_key);
        self.params.signed_by(&self.key, &issuer).unwrap()
    }

    /// Vouches for the identity of a new key, for a day.
    pub(crate) fn vouch(&self, wish: &Wish) -> Signer {
        let key = Key::generate();
        let mut params = CertificateParams::default();
        params.serial_number = Some(vec![1, 2, 3].into());
        params.not_before = date_time_ymd(2024, 1, 1);
        params.not_after = date_time_ymd(2024, 1, 2);
        params.subject_alt_names = vec![SanType::Rfc822Name(SUBJECT.try_into().unwrap())];
        params.extended_key_usages = vec![wish.usage.clone()];
        params.custom_extensions = vec![CustomExtension::from_oid_content(
            &[1, 3, 6, 1, 4, 1, 57264, 1, 8],
            [&[0x0c, ISSUER.len() as u8], ISSUER.as_bytes()].concat(),
        )];
        let issuer = Issuer::from_params(&self.params, &self.key);
        let mut certificate = params.signed_by(&key.0, &issuer).unwrap();
        if wish.logged {
            let promise = self.promise(&certificate);
            params.custom_extensions.push(CustomExtension::from_oid_content(
                &[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2],
                promise,
            ));
            certificate = params.signed_by(&key.0, &issuer).unwrap();
        }
        Signer { key, certificate }
    }

    /// The extension with the log's promise (RFC 6962) to hold a certificate
    /// that does not have it yet.
    fn promise(&self, certificate: &Certificate) -> Vec<u8> {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate.der()).unwrap();
        let signed_part = parsed.tbs_certificate.as_ref();
        let mut message = vec![0, 0];
        message.extend((SIGNED_AT * 1_000).to_be_bytes());
        message.extend([0, 1]);
        message.extend(Digest::of(&self.key.subject_public_key_info()).as_bytes());
        message.extend(&(signed_part.len() as u32).to_be_bytes()[1..]);
        message.extend(signed_part);
        message.extend([0, 0]);
        let signature = self.log.sign(&message);

        let mut timestamp = vec![0];
        timestamp.extend(self.log.id().as_bytes());
        timestamp.extend((SIGNED_AT * 1_000).to_be_bytes());
        timestamp.extend([0, 0, 4, 3]);
        timestamp.extend((signature.len() as u16).to_be_bytes());
        timestamp.extend(&signature);
        let mut list = ((timestamp.len() + 2) as u16).to_be_bytes().to_vec();
        list.extend((timestamp.len() as u16).to_be_bytes());
        list.extend(timestamp);
        // An octet string, shorter than 256 bytes.
        let mut extension = vec![0x04];
        if list.len() >= 0x80 {
            extension.push(0x81);
        }
        extension.push(list.len() as u8);
        extension.extend(list);
        extension
    }
}
