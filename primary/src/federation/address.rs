//! How members reach this primary.

use std::net::{IpAddr, SocketAddr};

use palisade_api::ClusterName;
use palisade_api::rest::fed::RestInfo;
use palisade_process::host;
use palisade_transport::client::PrimaryAddress;

use crate::config::Config;
use crate::serve::Addresses;
use crate::store::federation::Federation;

/// The address that join tokens carry: what promotion gave, else what is
/// configured, else where the federation listener listens.
pub fn federation_address(config: &Config, federation: &Federation) -> RestInfo {
    if federation.master.is_valid() {
        return federation.master.clone();
    }
    let configured = config.federation_address.as_ref().and_then(|text| text.parse().ok());
    if let Some(PrimaryAddress { host, port }) = configured {
        return RestInfo { server: host, port: port.into() };
    }
    let listen = listens_on(config);
    RestInfo { server: host_of(listen.ip()), port: listen.port().into() }
}

/// How other replicas reach the federation listener of this one.
pub fn replica_address(config: &Config, listens: SocketAddr) -> String {
    let otherwise = || {
        let (host, port) = (host_of(listens.ip()), listens.port());
        PrimaryAddress { host, port }.to_string()
    };
    config.replica_address.clone().unwrap_or_else(otherwise)
}

/// The names and addresses that the primary's certificate is issued for.
pub fn certificate_names(config: &Config, federation: &Federation) -> Vec<String> {
    let mut names = vec![
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
        federation_address(config, federation).server,
        host::name(),
    ];
    if federation.rest.is_valid() {
        names.push(federation.rest.server.clone());
    }
    for listen in [config.rest_listen, config.portal_listen, config.federation_listen] {
        if !listen.ip().is_unspecified() {
            names.push(listen.ip().to_string());
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// The primary's name in the federation.
pub fn primary_name(config: &Config, federation: &Federation) -> String {
    federation.name.clone().unwrap_or_else(|| ClusterName::as_str(&config.name).to_owned())
}

/// Where the listener really listens, as the primary of this data folder has
/// written down: a free port is known only to it, and a command beside it may
/// not have been given its flags.
fn listens_on(config: &Config) -> SocketAddr {
    match Addresses::read(&config.data_dir) {
        Ok(addresses) => addresses.federation,
        Err(error) => {
            tracing::debug!(%error, "no primary has served from this data folder yet");
            config.federation_listen
        }
    }
}

fn host_of(address: IpAddr) -> String {
    if address.is_unspecified() { host::name() } else { address.to_string() }
}
