//! The redirect binding: a message in an address, deflated, with a signature
//! over the very text of the query.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use url::Url;
use url::form_urlencoded::{byte_serialize, parse};
use xml_sec::xmldsig::SignatureAlgorithm;

use super::key_pair::{KeyPair, SIGNATURE_METHOD};
use super::trusted::Trusted;
use super::xml::MAX_MESSAGE;
use super::{Result, SamlError, Step};

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It asks.
    Request,
    /// It answers.
    Response,
}

impl Part {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

fn failed(reason: impl std::fmt::Display) -> SamlError {
    SamlError::at(Step::Decode, reason)
}

/// The address that carries `message` to `to`, signed where there is a key.
pub(super) fn address(
    to: &str,
    (part, message): (Part, &str),
    relay_state: Option<&str>,
    key_pair: Option<&KeyPair>,
) -> Result<Url> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(message.as_bytes()).map_err(failed)?;
    let deflated = encoder.finish().map_err(failed)?;
    let escaped = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let mut query = format!("{}={}", part.name(), escaped(&STANDARD.encode(deflated)));
    if let Some(state) = relay_state {
        query.push_str("&RelayState=");
        query.push_str(&escaped(state));
    }
    if let Some(key_pair) = key_pair {
        query.push_str("&SigAlg=");
        query.push_str(&escaped(SIGNATURE_METHOD));
        let signature = STANDARD.encode(key_pair.sign(query.as_bytes())?);
        query.push_str("&Signature=");
        query.push_str(&escaped(&signature));
    }
    let mut url: Url = to.parse().map_err(failed)?;
    let query = match url.query().filter(|own| !own.is_empty()) {
        Some(own) => format!("{own}&{query}"),
        None => query,
    };
    url.set_query(Some(&query));
    Ok(url)
}

/// A message that came by an address.
#[derive(Debug)]
pub(super) struct Received {
    /// What it is.
    pub(super) part: Part,
    /// Its XML.
    pub(super) message: String,
    /// What came beside it.
    pub(super) relay_state: Option<String>,
    signed: String,
    signature: Option<(String, Vec<u8>)>,
}

/// Reads the message of a query, as it came.
pub(super) fn receive(query: &str) -> Result<Received> {
    // A name that is there twice could be read one way and verified another.
    let raw = |name: &str| {
        let mut found = query
            .split('&')
            .filter(|pair| pair.split_once('=').map_or(*pair == name, |(key, _)| key == name));
        let pair = found.next();
        if found.next().is_some() {
            return Err(failed(format_args!("{name} is there twice")));
        }
        Ok(pair)
    };
    let value = |pair: &str| {
        parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let (part, message) = match (raw("SAMLRequest")?, raw("SAMLResponse")?) {
        (Some(request), None) => (Part::Request, request),
        (None, Some(response)) => (Part::Response, response),
        _ => return Err(failed("there must be one of SAMLRequest and SAMLResponse")),
    };
    let (relay, method, signature) = (raw("RelayState")?, raw("SigAlg")?, raw("Signature")?);
    let signed: Vec<&str> = [Some(message), relay, method].into_iter().flatten().collect();
    let signature = match (method, signature) {
        (Some(method), Some(signature)) => {
            Some((value(method), STANDARD.decode(value(signature)).map_err(failed)?))
        }
        _ => None,
    };
    Ok(Received {
        part,
        message: inflate(&value(message))?,
        relay_state: relay.map(value),
        signed: signed.join("&"),
        signature,
    })
}

fn inflate(encoded: &str) -> Result<String> {
    if encoded.len() > MAX_MESSAGE {
        return Err(failed(format_args!("it has more than {MAX_MESSAGE} bytes")));
    }
    let deflated = STANDARD.decode(encoded).map_err(failed)?;
    let mut text = Vec::new();
    let limit = MAX_MESSAGE as u64 + 1;
    DeflateDecoder::new(deflated.as_slice()).take(limit).read_to_end(&mut text).map_err(failed)?;
    if text.len() > MAX_MESSAGE {
        return Err(failed(format_args!("it has more than {MAX_MESSAGE} bytes")));
    }
    String::from_utf8(text).map_err(|_| failed("it is not UTF-8"))
}

impl Received {
    /// Refuses a message that no trusted key signed.
    pub(super) fn check_signature(&self, trusted: &Trusted) -> Result<()> {
        let (method, signature) = self
            .signature
            .as_ref()
            .ok_or_else(|| SamlError::at(Step::Signature, "the message is not signed"))?;
        let valid = SignatureAlgorithm::from_uri(method)
            .is_some_and(|method| trusted.signed(method, self.signed.as_bytes(), signature));
        if valid {
            Ok(())
        } else {
            Err(SamlError::at(Step::Signature, "no configured certificate made it"))
        }
    }

    /// Whether it carries a signature at all.
    pub(super) const fn is_signed(&self) -> bool {
        self.signature.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_from_its_address() {
        let message = (Part::Request, "<a b=\"&amp;+\">é</a>");
        let url = address("https://idp/sso?tenant=1", message, Some("_state"), None).unwrap();
        assert!(url.query().unwrap().starts_with("tenant=1&SAMLRequest="));
        let received = receive(url.query().unwrap()).unwrap();
        assert_eq!((received.part, received.message.as_str()), message);
        assert_eq!(received.relay_state.as_deref(), Some("_state"));
        assert!(!received.is_signed());
    }

    #[test]
    fn what_is_there_twice_or_grows_without_end_is_refused() {
        let url = address("https://idp/", (Part::Response, "<a/>"), None, None).unwrap();
        let query = url.query().unwrap();
        assert_eq!(receive(&format!("{query}&{query}")).unwrap_err().step, Step::Decode);
        let bomb = format!("<a>{}</a>", " ".repeat(MAX_MESSAGE));
        let url = address("https://idp/", (Part::Response, &bomb), None, None).unwrap();
        assert_eq!(receive(url.query().unwrap()).unwrap_err().step, Step::Decode);
        assert_eq!(receive("RelayState=1").unwrap_err().step, Step::Decode);
    }
}
