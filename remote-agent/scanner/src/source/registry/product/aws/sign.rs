//! Signatures of requests to Amazon, version 4.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use ring::{digest, hmac};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::source::registry::auth::sensitive;
use crate::source::registry::error::RegistryError;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The service whose API is called, and the prefix of its actions.
const SERVICE: &str = "ecr";
const ACTIONS: &str = "AmazonEC2ContainerRegistry_V20150921";

/// A key that signs.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) secret: SecretString,
    /// Sent along by keys that are lent.
    pub(super) session: Option<SecretString>,
}

/// The headers of a request for `action` with `body`, signed.
pub(super) fn signed(
    url: &Url,
    action: &str,
    body: &str,
    region: &str,
    key: &Key,
    now: DateTime<Utc>,
) -> Result<HeaderMap, RegistryError> {
    let bad = || RegistryError::Settings("the Amazon access key cannot be sent".to_owned());
    let plain = |text: &str| HeaderValue::from_str(text).map_err(|_| bad());
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let stamp = now.format("%Y%m%dT%H%M%SZ").to_string();
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    headers.insert(header::HOST, plain(&host)?);
    headers.insert(HeaderName::from_static("x-amz-date"), plain(&stamp)?);
    headers.insert(HeaderName::from_static("x-amz-target"), plain(&format!("{ACTIONS}.{action}"))?);
    if let Some(session) = &key.session {
        let session = sensitive(session.expose_secret()).ok_or_else(bad)?;
        headers.insert(HeaderName::from_static("x-amz-security-token"), session);
    }
    let mut named: Vec<(&str, &str)> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    named.sort_unstable();
    let request = Request { method: "POST", path: url.path(), headers: &named, body };
    let authorization = authorization(&request, SERVICE, region, key, &stamp);
    headers.insert(header::AUTHORIZATION, sensitive(&authorization).ok_or_else(bad)?);
    Ok(headers)
}

/// What is signed of a request without a query.
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    /// In the order of their names, which are in lower case.
    headers: &'a [(&'a str, &'a str)],
    body: &'a str,
}

fn authorization(
    request: &Request<'_>,
    service: &str,
    region: &str,
    key: &Key,
    stamp: &str,
) -> String {
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let mut canonical = format!("{}\n{}\n\n", request.method, request.path);
    for (name, value) in request.headers {
        // Writing into a text does not fail.
        let _ = writeln!(canonical, "{name}:{}", value.trim());
    }
    let _ = write!(canonical, "\n{names}\n{}", sha256(request.body));
    let date = stamp.get(..8).unwrap_or_default();
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let text = format!("{ALGORITHM}\n{stamp}\n{scope}\n{}", sha256(&canonical));
    let signature = hex::encode(mac(&signing_key(key, date, region, service), &text));
    format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        key.id
    )
}

/// The key of one day, region and service.
fn signing_key(key: &Key, date: &str, region: &str, service: &str) -> Vec<u8> {
    let first = format!("AWS4{}", key.secret.expose_secret());
    [date, region, service, "aws4_request"]
        .into_iter()
        .fold(first.into_bytes(), |key, part| mac(&key, part))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

fn sha256(text: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of Amazon's own examples.
    fn example() -> Key {
        Key {
            id: "AKIDEXAMPLE".to_owned(),
            secret: SecretString::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session: None,
        }
    }

    #[test]
    fn the_key_of_a_day() {
        let key = signing_key(&example(), "20150830", "us-east-1", "iam");
        assert_eq!(
            hex::encode(key),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
        );
    }

    #[test]
    fn the_plain_request_of_amazons_examples() {
        let headers = [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")];
        let request = Request { method: "GET", path: "/", headers: &headers, body: "" };
        let authorization =
            authorization(&request, "service", "us-east-1", &example(), "20150830T123600Z");
        assert_eq!(
            authorization,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let key = Key { session: Some(SecretString::from("lent")), ..example() };
        let url = Url::parse("https://api.ecr.eu-west-1.amazonaws.com/").unwrap();
        let headers = signed(&url, "X", "{}", "eu-west-1", &key, DateTime::UNIX_EPOCH).unwrap();
        let shown = format!("{headers:?} {key:?}");
        assert!(!shown.contains("lent") && !shown.contains("Signature="), "{shown}");
        assert!(headers[header::AUTHORIZATION].to_str().unwrap().contains("x-amz-security-token"));
    }
}
