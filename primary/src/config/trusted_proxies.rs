//! Proxies whose word on a client's address is taken.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;

/// The proxies, as networks. By default there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let network = |text: &str| {
            let text = text.trim();
            let one = || text.parse::<IpAddr>().map(IpNet::from);
            text.parse()
                .or_else(|_| one())
                .map_err(|_| format!("{text:?} is no address or network (10.0.0.0/8)"))
        };
        text.split(',').map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedProxies {
    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// Who is behind `peer`: the last of `forwarded` that no trusted proxy is. What
    /// stands before that one anybody may have written.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
    ) -> IpAddr {
        let mut client = peer;
        for told in forwarded.rev() {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = address(told.trim()) else { break };
            client = address;
        }
        client
    }
}

/// An address as proxies write it: some with the port, some with one of IPv6 in brackets.
fn address(told: &str) -> Option<IpAddr> {
    let bare = told.strip_prefix('[').and_then(|told| told.strip_suffix(']'));
    let address: Option<IpAddr> = bare.unwrap_or(told).parse().ok();
    address.or_else(|| told.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, forwarded: &str) -> String {
        let proxies: TrustedProxies = proxies.parse().unwrap();
        let told = forwarded.split(',').filter(|told| !told.is_empty());
        proxies.client(peer.parse().unwrap(), told).to_string()
    }

    #[test]
    fn the_last_that_no_trusted_proxy_is() {
        for (proxies, peer, forwarded, expected) in [
            ("10.0.0.0/8", "192.0.2.1", "203.0.113.5", "192.0.2.1"),
            ("10.0.0.0/8", "10.1.2.3", "203.0.113.5", "203.0.113.5"),
            ("10.0.0.0/8", "10.1.2.3", "127.0.0.1, 203.0.113.5", "203.0.113.5"),
            ("10.0.0.0/8", "10.1.2.3", "203.0.113.5, 10.9.9.9", "203.0.113.5"),
            ("10.0.0.0/8", "10.1.2.3", "", "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", "203.0.113.5, nonsense", "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", "203.0.113.5:51234", "203.0.113.5"),
            ("10.0.0.0/8", "10.1.2.3", "203.0.113.5, 10.9.9.9:8080", "203.0.113.5"),
            ("10.0.0.0/8", "10.1.2.3", "[2001:db8::1]:443", "2001:db8::1"),
            ("10.0.0.0/8", "10.1.2.3", "[2001:db8::1]", "2001:db8::1"),
            ("10.0.0.0/8", "10.1.2.3", "203.0.113.5:", "10.1.2.3"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "2001:db8::1", "2001:db8::1"),
            ("192.0.2.7, 2001:db8::/32", "2001:db8::9", "198.51.100.1", "198.51.100.1"),
            ("192.0.2.7", "192.0.2.8", "198.51.100.1", "192.0.2.8"),
            ("0.0.0.0/0", "192.0.2.8", "198.51.100.1", "198.51.100.1"),
        ] {
            assert_eq!(client(proxies, peer, forwarded), expected, "{peer} {forwarded}");
        }
    }

    #[test]
    fn networks() {
        for wrong in ["", "x", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.1,"] {
            assert!(wrong.parse::<TrustedProxies>().is_err(), "{wrong}");
        }
    }
}
