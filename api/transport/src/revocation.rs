//! The last word of an authority that is forgotten: which certificates it has revoked.
//! Whoever hands it on need not be known, since the authority has signed it.

use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls_pki_types::CertificateDer;
use thiserror::Error;
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::certificate::public_key;

/// A list that says nothing.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a list of revoked certificates that the authority has signed")]
pub struct UnprovenList;

/// Whether `list`, DER, which `authority` must have signed, names the certificate
/// `serial` (lower-case hex). See [`crate::authority::Authority::revoke`].
pub fn names(
    list: &[u8],
    authority: &CertificateDer<'_>,
    serial: &str,
) -> Result<bool, UnprovenList> {
    let (_, read) = CertificateRevocationList::from_der(list).map_err(|_| UnprovenList)?;
    let key = public_key(authority).map_err(|_| UnprovenList)?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
        .verify(read.tbs_cert_list.as_ref(), &read.signature_value.data)
        .map_err(|_| UnprovenList)?;
    Ok(read.iter_revoked_certificates().any(|one| hex::encode(one.raw_serial()) == serial))
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;
    use crate::authority::Authority;
    use crate::certificate::serial;

    #[test]
    fn an_authority_is_believed_and_nobody_in_its_place() {
        let now = Utc::now();
        let (old, new) = (Authority::create(now).unwrap(), Authority::create(now).unwrap());
        let (gone, kept) = ("41".repeat(16), "42".repeat(16));
        let list = old.revoke(std::slice::from_ref(&gone), now).unwrap();
        assert_eq!(names(&list, old.certificate(), &gone), Ok(true));
        assert_eq!(names(&list, old.certificate(), &kept), Ok(false));
        assert_eq!(names(&old.revoke(&[], now).unwrap(), old.certificate(), &gone), Ok(false));
        // Another authority, another text, and what is no list though it is signed.
        assert_eq!(names(&list, new.certificate(), &gone), Err(UnprovenList));
        for at in 0..list.len() {
            let mut changed = list.clone();
            changed[at] ^= 1;
            assert_ne!(names(&changed, old.certificate(), &kept), Ok(true), "byte {at}");
        }
        assert_eq!(names(old.certificate(), old.certificate(), &gone), Err(UnprovenList));
        assert_eq!(names(&[], old.certificate(), &gone), Err(UnprovenList));
        assert!(old.revoke(&["no serial".to_owned()], now).is_err());
    }

    #[test]
    fn a_certificate_is_found_by_the_serial_that_it_has() {
        let now = Utc::now();
        let authority = Authority::create(now).unwrap();
        let issued = authority.issue_server(&[], now, chrono::TimeDelta::days(1)).unwrap().issued;
        let list = authority.revoke(std::slice::from_ref(&issued.serial), now).unwrap();
        let own = serial(&issued.chain[0]).unwrap();
        assert_eq!(names(&list, authority.certificate(), &own), Ok(true));
    }
}
