//! Timestamps on signatures, by authorities that are asked for nothing else (RFC 3161): at
//! this time the signature was there.

use chrono::{DateTime, NaiveDateTime, Utc};
use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use rustls_pki_types::CertificateDer;

use super::believed::{self, Believed};
use super::certificate::{self, Purpose};
use super::der::{self, Element};
use super::key::PublicKey;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// The first of what may be left out.
const FIRST: u8 = 0xa0;

/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4
const TIMESTAMP: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
/// 1.2.840.113549.1.9.3
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
/// 1.2.840.113549.1.9.4
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// 2.16.840.1.101.3.4.2, under which the hashes stand.
const HASHES: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];

/// Certificates that may be the signer's.
const MOST_CERTIFICATES: usize = 32;

/// The time that the answer of an authority tells of `signature`, by the word of one of
/// `authorities`; none where it does not.
pub(super) fn time(
    answer: &[u8],
    signature: &[u8],
    authorities: &[Believed<CertificateDer<'static>>],
) -> Option<DateTime<Utc>> {
    let token = Token::read(answer)?;
    let time = told(token.info, signature)?;
    let authorities = believed::at(authorities, time);
    let all = token.certificates.iter().chain(authorities.iter().copied());
    let mut candidates = all.take(MOST_CERTIFICATES);
    let vouches = |certificate: &CertificateDer<'static>| {
        let key = certificate::key(certificate)?;
        token.is_signed(&key)?;
        let (between, purpose) = (&token.certificates, Purpose::StampTime);
        certificate::check(certificate, between, &authorities, time, purpose).ok()
    };
    candidates.any(|one| vouches(one).is_some()).then_some(time)
}

/// What is signed, and by whom.
struct Token<'a> {
    info: &'a [u8],
    certificates: Vec<CertificateDer<'static>>,
    signer: Element<'a>,
}

impl<'a> Token<'a> {
    fn read(answer: &'a [u8]) -> Option<Self> {
        let (answer, _) = der::read(answer)?;
        // A status, and the token.
        let answer = inside(Some(&answer), SEQUENCE)?;
        let token = inside(answer.get(1), SEQUENCE)?;
        let signed = of_type(&token, SIGNED_DATA)?;
        // A version, hashes, what is signed, certificates and revoked ones or not, signers.
        let signed = inside(signed.first(), SEQUENCE)?;
        content(signed.first(), INTEGER)?;
        let info = of_type(&inside(signed.get(2), SEQUENCE)?, TIMESTAMP)?;
        let info = content(info.first(), OCTETS)?;
        let rest = signed.get(3..)?;
        let certificates = rest.iter().find(|part| part.tag == FIRST);
        let certificates =
            certificates.map_or(Some(Vec::new()), |all| der::read_all(all.content))?;
        // The authority signs, and nobody else: more would be more work, for whoever made it up.
        let signers = inside(rest.iter().find(|part| part.tag == SET), SET)?;
        let [only] = signers.as_slice() else { return None };
        let owned = |one: Element<'_>| CertificateDer::from(one.whole.to_vec());
        let certificates = certificates.into_iter().map(owned).collect();
        Some(Self { info, certificates, signer: *only })
    }

    /// Whether the signer has this key; none where not.
    fn is_signed(&self, key: &PublicKey) -> Option<()> {
        // A version, a name, a hash, attributes, an algorithm, the signature.
        let signer = inside(Some(&self.signer), SEQUENCE)?;
        let hash = hash(signer.get(2))?;
        let attributes = content(signer.get(3), FIRST)?;
        let all = der::read_all(attributes)?;
        if content(attribute(&all, CONTENT_TYPE).as_ref(), OBJECT)? != TIMESTAMP {
            return None;
        }
        let of_info = content(attribute(&all, MESSAGE_DIGEST).as_ref(), OCTETS)?;
        if of_info != digest(hash, self.info).as_ref() {
            return None;
        }
        // They are signed as a set, which stands here as the first of what may be left out.
        let signature = content(signer.get(5), OCTETS)?;
        key.signed(&der::write(SET, attributes), signature).then_some(())
    }
}

/// The time of a stamp on `signature`; none where it is on something else.
fn told(info: &[u8], signature: &[u8]) -> Option<DateTime<Utc>> {
    let (info, _) = der::read(info)?;
    // A version, a policy, what is stamped, a number, the time.
    let info = inside(Some(&info), SEQUENCE)?;
    let stamped = inside(info.get(2), SEQUENCE)?;
    let hash = hash(stamped.first())?;
    if content(stamped.get(1), OCTETS)? != digest(hash, signature).as_ref() {
        return None;
    }
    let time = std::str::from_utf8(content(info.get(4), TIME)?).ok()?;
    let seconds = time.strip_suffix('Z')?.split('.').next()?;
    NaiveDateTime::parse_from_str(seconds, "%Y%m%d%H%M%S").ok().map(|time| time.and_utc())
}

/// What is in an element of this tag.
fn inside<'a>(element: Option<&Element<'a>>, tag: u8) -> Option<Vec<Element<'a>>> {
    der::read_all(content(element, tag)?)
}

/// The content of an element of this tag.
fn content<'a>(element: Option<&Element<'a>>, tag: u8) -> Option<&'a [u8]> {
    element.filter(|element| element.tag == tag).map(|element| element.content)
}

/// What stands behind the name of its type.
fn of_type<'a>(parts: &[Element<'a>], name: &[u8]) -> Option<Vec<Element<'a>>> {
    if content(parts.first(), OBJECT)? != name {
        return None;
    }
    inside(parts.get(1), FIRST)
}

/// The first value of an attribute.
fn attribute<'a>(all: &[Element<'a>], name: &[u8]) -> Option<Element<'a>> {
    all.iter().find_map(|one| {
        let parts = inside(Some(one), SEQUENCE)?;
        if content(parts.first(), OBJECT)? != name {
            return None;
        }
        inside(parts.get(1), SET)?.first().copied()
    })
}

fn hash(algorithm: Option<&Element<'_>>) -> Option<&'static Algorithm> {
    let name = content(inside(algorithm, SEQUENCE)?.first(), OBJECT)?;
    match name.strip_prefix(HASHES)? {
        [1] => Some(&SHA256),
        [2] => Some(&SHA384),
        [3] => Some(&SHA512),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::super::believed::Period;
    use super::*;

    /// Made with `openssl ts -reply`: an authority, the one that it vouches for, and the
    /// answers of that on [`SIGNATURE`] without certificates and with both.
    const ROOT: &str = "\
        MIIBgDCCASegAwIBAgIUO89DVVbJlLE9EpH0lMQo43xTl0MwCgYIKoZIzj0EAwIwFTETMBEGA1UEAwwK\
        c2hvcCBjbG9jazAgFw0yNjExMjgxNTQwMjhaGA8yMTI2MTEwNDE1NDAyOFowFTETMBEGA1UEAwwKc2hv\
        cCBjbG9jazBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNju0cUcnT5hXL1KssU7KyPhJMJSWCg6pPae\
        6Oa/gFXA8llFFdljAfStlaqCdU0O0fAdc/xUMBoJuZAI2XIWdMSjUzBRMB0GA1UdDgQWBBSmIY3axgsl\
        UdFL8bdYBPPcDryA0jAfBgNVHSMEGDAWgBSmIY3axgslUdFL8bdYBPPcDryA0jAPBgNVHRMBAf8EBTAD\
        AQH/MAoGCCqGSM49BAMCA0cAMEQCIEijqc76B+afPiwWN8YucDlZystzCPu6WxYlt26tSxNsAiBUJfiR\
        R4XWZV/WHMm2Rr09fJ/J3niW5rkA7DnuiNs1DA==";
    const STAMPER: &str = "\
        MIIBhDCCASqgAwIBAgIBBzAKBggqhkjOPQQDAjAVMRMwEQYDVQQDDApzaG9wIGNsb2NrMCAXDTI2MTEy\
        ODE1NDAyOFoYDzIxMjUwNjIyMTU0MDI4WjAUMRIwEAYDVQQDDAlzaG9wIHRpbWUwWTATBgcqhkjOPQIB\
        BggqhkjOPQMBBwNCAAQ6Jw2G+5YUiyZ1kbe8XsBsrSdspWn0vaUI5rEVuYacdmADYpKIHAzbznvNpR2e\
        WBT0Xq00MKeEtPR39G424qVxo2owaDAOBgNVHQ8BAf8EBAMCB4AwFgYDVR0lAQH/BAwwCgYIKwYBBQUH\
        AwgwHQYDVR0OBBYEFP3jfKannov7798kZ2LGvkccFQQjMB8GA1UdIwQYMBaAFKYhjdrGCyVR0Uvxt1gE\
        89wOvIDSMAoGCCqGSM49BAMCA0gAMEUCIQDwSGe4Q+y9wexroc7ytGJGj5j3/OxRMjcL7aubgc5O7AIg\
        c+oNApA9mTD6hIsQ/aO2J43ujmVxOy+aKYskBM9drGE=";
    const BARE: &str = "\
        MIIBxTADAgEAMIIBvAYJKoZIhvcNAQcCoIIBrTCCAakCAQMxDzANBglghkgBZQMEAgEFADBtBgsqhkiG\
        9w0BCRABBKBeBFwwWgIBAQYJKwYBBAGDvzACMDEwDQYJYIZIAWUDBAIBBQAEIIBNCgSHA9+G9YyDwaYv\
        stuE0AHZ6Bm7BrrUQ19/I5/RAgECGA8yMDI2MTEyODE1NDAyOFowAwIBATGCASIwggEeAgEBMBowFTET\
        MBEGA1UEAwwKc2hvcCBjbG9jawIBBzANBglghkgBZQMEAgEFAKCBmDAaBgkqhkiG9w0BCQMxDQYLKoZI\
        hvcNAQkQAQQwHAYJKoZIhvcNAQkFMQ8XDTI2MTEyODE1NDAyOFowKwYLKoZIhvcNAQkQAgwxHDAaMBgw\
        FgQUJUFQKpvPVU/2/Fa4fo3UbBRuEmYwLwYJKoZIhvcNAQkEMSIEICzzq64nEbJOgBoeuM7wBYuNi4f4\
        I2TeP8KOTExSNfOnMAoGCCqGSM49BAMCBEcwRQIgKJBNs4ezLjYh1ILEAD1PxKd2ZWTn5agU6EKMbKLN\
        wPcCIQDm9Y3V/ZiTcFfI0GQuWtvEST/7/K+VIvna5hx2oJ4xSA==";
    const FULL: &str = "\
        MIIE1jADAgEAMIIEzQYJKoZIhvcNAQcCoIIEvjCCBLoCAQMxDzANBglghkgBZQMEAgEFADBtBgsqhkiG\
        9w0BCRABBKBeBFwwWgIBAQYJKwYBBAGDvzACMDEwDQYJYIZIAWUDBAIBBQAEIIBNCgSHA9+G9YyDwaYv\
        stuE0AHZ6Bm7BrrUQ19/I5/RAgEDGA8yMDI2MTEyODE1NDAyOFowAwIBAaCCAwwwggGEMIIBKqADAgEC\
        AgEHMAoGCCqGSM49BAMCMBUxEzARBgNVBAMMCnNob3AgY2xvY2swIBcNMjYxMTI4MTU0MDI4WhgPMjEy\
        NTA2MjIxNTQwMjhaMBQxEjAQBgNVBAMMCXNob3AgdGltZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA\
        BDonDYb7lhSLJnWRt7xewGytJ2ylafS9pQjmsRW5hpx2YANikogcDNvOe82lHZ5YFPRerTQwp4S09Hf0\
        bjbipXGjajBoMA4GA1UdDwEB/wQEAwIHgDAWBgNVHSUBAf8EDDAKBggrBgEFBQcDCDAdBgNVHQ4EFgQU\
        /eN8pqeei/vv3yRnYsa+RxwVBCMwHwYDVR0jBBgwFoAUpiGN2sYLJVHRS/G3WATz3A68gNIwCgYIKoZI\
        zj0EAwIDSAAwRQIhAPBIZ7hD7L3B7GuhzvK0YkaPmPf87FEyNwvtq5uBzk7sAiBz6g0CkD2ZMPqEixD9\
        o7Ynje6OZXE7L5opiyQEz12sYTCCAYAwggEnoAMCAQICFDvPQ1VWyZSxPRKR9JTEKON8U5dDMAoGCCqG\
        SM49BAMCMBUxEzARBgNVBAMMCnNob3AgY2xvY2swIBcNMjYxMTI4MTU0MDI4WhgPMjEyNjExMDQxNTQw\
        MjhaMBUxEzARBgNVBAMMCnNob3AgY2xvY2swWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATY7tHFHJ0+\
        YVy9SrLFOysj4STCUlgoOqT2nujmv4BVwPJZRRXZYwH0rZWqgnVNDtHwHXP8VDAaCbmQCNlyFnTEo1Mw\
        UTAdBgNVHQ4EFgQUpiGN2sYLJVHRS/G3WATz3A68gNIwHwYDVR0jBBgwFoAUpiGN2sYLJVHRS/G3WATz\
        3A68gNIwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBIo6nO+gfmnz4sFjfGLnA5WcrL\
        cwj7ulsWJbdurUsTbAIgVCX4kUeF1mVf1hzJtka9PXyfyd54lua5AOw57ojbNQwxggEjMIIBHwIBATAa\
        MBUxEzARBgNVBAMMCnNob3AgY2xvY2sCAQcwDQYJYIZIAWUDBAIBBQCggZgwGgYJKoZIhvcNAQkDMQ0G\
        CyqGSIb3DQEJEAEEMBwGCSqGSIb3DQEJBTEPFw0yNjExMjgxNTQwMjhaMCsGCyqGSIb3DQEJEAIMMRww\
        GjAYMBYEFCVBUCqbz1VP9vxWuH6N1GwUbhJmMC8GCSqGSIb3DQEJBDEiBCDbuOiaE8G6j6FiOFKUrIg4\
        uCH/aDbzj8OFQwgdjXCNDzAKBggqhkjOPQQDAgRIMEYCIQCopP8peKVJ8drgSZjwlS3cakOHov7U1UPN\
        bysxdlWLewIhALTC6Eoc8MjJHOE+E4GQUdJ1d4VcjWtVM659d1W4TkO+";
    const SIGNATURE: &[u8] = b"a signature";
    const STAMPED_AT: &str = "2026-11-28T15:40:28Z";

    fn decoded(text: &str) -> Vec<u8> {
        STANDARD.decode(text).unwrap()
    }

    fn authorities(all: &[&str]) -> Vec<Believed<CertificateDer<'static>>> {
        all.iter().map(|one| CertificateDer::from(decoded(one)).into()).collect()
    }

    #[test]
    fn a_stamp_tells_the_time_of_a_signature() {
        let (root, stamper) = (authorities(&[ROOT]), authorities(&[STAMPER]));
        let both = authorities(&[STAMPER, ROOT]);
        let other = b"another signature";
        for (answer, signature, authorities, counts) in [
            (FULL, SIGNATURE, &root, true),
            (FULL, SIGNATURE, &both, true),
            (BARE, SIGNATURE, &both, true),
            // Nobody knows who signed, nobody vouches for that, nobody is believed.
            (BARE, SIGNATURE, &root, false),
            (FULL, SIGNATURE, &stamper, false),
            (FULL, SIGNATURE, &Vec::new(), false),
            (FULL, other.as_slice(), &both, false),
        ] {
            let time = time(&decoded(answer), signature, authorities);
            let expected = counts.then(|| STAMPED_AT.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(time, expected, "{} {}", answer.len(), authorities.len());
        }
    }

    #[test]
    fn a_stamp_counts_while_its_authority_is_believed() {
        let stamped_at = STAMPED_AT.parse::<DateTime<Utc>>().unwrap();
        let (before, after) = (stamped_at - TimeDelta::days(1), stamped_at + TimeDelta::days(1));
        for (start, end, counts) in [
            (Some(before), Some(after), true),
            (Some(after), None, false),
            (None, Some(before), false),
        ] {
            let mut authorities = authorities(&[ROOT]);
            authorities[0].period = Period { start, end };
            let time = time(&decoded(FULL), SIGNATURE, &authorities);
            assert_eq!(time, counts.then_some(stamped_at), "{start:?} {end:?}");
        }
    }

    /// The same answer with as many times its signers.
    fn signed_times(answer: &[u8], times: usize) -> Vec<u8> {
        let parts = |element: &Element<'_>| -> Vec<Vec<u8>> {
            der::read_all(element.content).unwrap().iter().map(|one| one.whole.to_vec()).collect()
        };
        let (answer, _) = der::read(answer).unwrap();
        let answer = parts(&answer);
        let (token, _) = der::read(&answer[1]).unwrap();
        let token = parts(&token);
        let (wrapped, _) = der::read(&token[1]).unwrap();
        let (signed, _) = der::read(wrapped.content).unwrap();
        let mut signed = parts(&signed);
        let last = signed.pop().unwrap();
        let (signers, _) = der::read(&last).unwrap();
        signed.push(der::write(SET, &signers.content.repeat(times)));
        let wrapped = der::write(FIRST, &der::write(SEQUENCE, &signed.concat()));
        let token = der::write(SEQUENCE, &[token[0].as_slice(), &wrapped].concat());
        der::write(SEQUENCE, &[answer[0].as_slice(), &token].concat())
    }

    #[test]
    fn a_stamp_is_signed_once() {
        for (times, counts) in [(0, false), (1, true), (2, false)] {
            let answer = signed_times(&decoded(FULL), times);
            let time = time(&answer, SIGNATURE, &authorities(&[ROOT]));
            assert_eq!(time.is_some(), counts, "{times}");
        }
    }

    proptest! {
        #[test]
        fn a_stamp_that_was_touched_tells_nothing_else(
            at in any::<prop::sample::Index>(), bit in 0_u8..8,
        ) {
            let mut answer = decoded(FULL);
            let at = at.index(answer.len());
            answer[at] ^= 1 << bit;
            // Some bytes are nobody's, such as those of the status.
            if let Some(time) = time(&answer, SIGNATURE, &authorities(&[ROOT])) {
                prop_assert_eq!(time, STAMPED_AT.parse::<DateTime<Utc>>().unwrap());
            }
        }

        #[test]
        fn no_bytes_do_harm(answer in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert_eq!(time(&answer, SIGNATURE, &authorities(&[ROOT])), None);
        }
    }
}
