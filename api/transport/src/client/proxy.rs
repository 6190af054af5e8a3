//! The way to the primary through an HTTP proxy, by CONNECT. The proxy sees the
//! address and ciphertext: TLS is with the primary, and verified as ever.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use tokio::net::TcpStream;
use tower::{Service as _, service_fn};
use url::Url;

use super::connect::PrimaryAddress;

/// An HTTP proxy, with what logs in there.
#[derive(Clone)]
pub struct ProxyAddress {
    host: String,
    port: u16,
    /// `Basic …`, the value of `Proxy-Authorization`.
    authorization: Option<SecretString>,
}

/// A text that is not the address of a proxy. It may hold a password, so it is
/// not repeated.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not the address of an HTTP proxy (http://[USER:PASSWORD@]HOST:PORT)")]
pub struct NotAProxy;

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyAddress({self})")
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl FromStr for ProxyAddress {
    type Err = NotAProxy;

    fn from_str(text: &str) -> Result<Self, NotAProxy> {
        let url: Url = text.parse().map_err(|_| NotAProxy)?;
        if url.scheme() != "http" || !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err(NotAProxy);
        }
        // Names and passwords stand in a URL with their bytes escaped.
        let plain = |part: &str| String::from_utf8(unescaped(part)?).ok();
        let user = plain(url.username()).ok_or(NotAProxy)?;
        let password = plain(url.password().unwrap_or_default()).ok_or(NotAProxy)?;
        let authorization = (!user.is_empty())
            .then(|| format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))).into());
        Ok(Self {
            host: url.host_str().ok_or(NotAProxy)?.to_owned(),
            port: url.port_or_known_default().ok_or(NotAProxy)?,
            authorization,
        })
    }
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        if *byte == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            bytes.extend(hex::decode(digits).ok()?);
            rest = tail;
        } else {
            bytes.push(*byte);
        }
    }
    Some(bytes)
}

impl ProxyAddress {
    /// A connection to `address`, made by the proxy; or why there is none.
    pub(super) async fn tunnel(&self, address: &PrimaryAddress) -> Result<TcpStream, String> {
        let failed = |error: &dyn fmt::Display| format!("by the proxy {self}: {error}");
        let itself: Uri = format!("http://{self}").parse().map_err(|e| failed(&e))?;
        let target: Uri = format!("https://{address}").parse().map_err(|e| failed(&e))?;
        let (host, port) = (self.host.clone(), self.port);
        let connector = service_fn(move |_: Uri| {
            let host = host.clone();
            async move {
                let host = host.trim_start_matches('[').trim_end_matches(']');
                TcpStream::connect((host, port)).await.map(TokioIo::new)
            }
        });
        let mut tunnel = Tunnel::new(itself, connector);
        if let Some(authorization) = &self.authorization {
            let value = HeaderValue::from_str(authorization.expose_secret());
            tunnel = tunnel.with_auth(value.map_err(|_| failed(&"its password cannot be sent"))?);
        }
        Ok(tunnel.call(target).await.map_err(|e| failed(&e))?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_its_password_not_shown() {
        let proxy: ProxyAddress = "http://ann:p%40ss@proxy.example:3128".parse().unwrap();
        assert_eq!(proxy.to_string(), "proxy.example:3128");
        for part in ["@ss", "40ss", "YW5u"] {
            assert!(!format!("{proxy:?}").contains(part), "{part}");
        }
        let authorization = proxy.authorization.unwrap();
        assert_eq!(authorization.expose_secret(), "Basic YW5uOnBAc3M=");
        let plain: ProxyAddress = "http://[::1]".parse().unwrap();
        assert_eq!(plain.to_string(), "[::1]:80");
        assert!(plain.authorization.is_none());
    }

    #[test]
    fn anything_else_is_refused_without_being_repeated() {
        for text in ["", "proxy:3128", "https://proxy:3128", "http://a:hunter2@proxy/x", "http://"]
        {
            let error = text.parse::<ProxyAddress>().unwrap_err();
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
