//! Addresses at which clouds hand out credentials of the machine. No registry keeps layers
//! there or gives tokens there: who leads to one wants ours.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Those that are not link-local: of Amazon by IPv6, for machines and for pods, of Google by
/// IPv6, of Azure, of Alibaba, of Oracle.
const OTHERS: [IpAddr; 6] = [
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0023)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
];

fn is_of_machine(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    link_local || OTHERS.contains(&address)
}

/// Whether the host of `url` is written as such an address. Of names the [`Resolver`] sees
/// where they lead.
pub(super) fn is_asked(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_of_machine(address.into()),
        Some(Host::Ipv6(address)) => is_of_machine(address.into()),
        Some(Host::Domain(_)) | None => false,
    }
}

/// Looks up names. Where that of the registry leads was the operator's choice; no other one
/// leads to the machine, whatever it led to before.
#[derive(Debug)]
pub(super) struct Resolver {
    registry: Option<String>,
}

impl Resolver {
    pub(super) fn of(registry: &Url) -> Self {
        Self { registry: registry.host_str().map(str::to_owned) }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_chosen = self.registry.as_deref() == Some(name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let fit = found.filter(|address| is_chosen || !is_of_machine(address.ip()));
            let addresses: Vec<SocketAddr> = fit.collect();
            if addresses.is_empty() {
                return Err(io::Error::other("the name leads to no address of a registry").into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_machine_in_each_way_of_writing() {
        for (host, asked) in [
            ("169.254.169.254", true),
            ("0xa9fea9fe", true),
            ("[::ffff:169.254.169.254]", true),
            ("[fe80::1]", true),
            ("[fd00:ec2::254]", true),
            ("[fd00:ec2::23]", true),
            ("[fd20:ce::254]", true),
            ("168.63.129.16", true),
            ("100.100.100.200", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("[fd00::1]", false),
            ("registry.example", false),
        ] {
            let url = Url::parse(&format!("http://{host}/latest/meta-data")).unwrap();
            assert_eq!(is_asked(&url), asked, "{host}");
        }
    }

    #[tokio::test]
    async fn a_name_leads_to_the_machine_where_it_is_the_registrys_alone() {
        for (registry, name, found) in [
            ("http://registry.example/", "169.254.169.254", false),
            ("http://169.254.169.254/", "169.254.169.254", true),
            ("http://registry.example/", "127.0.0.1", true),
        ] {
            let resolver = Resolver::of(&Url::parse(registry).unwrap());
            let looked_up = resolver.resolve(name.parse().unwrap()).await;
            assert_eq!(looked_up.is_ok(), found, "{registry} {name}");
        }
    }
}
