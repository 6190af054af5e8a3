//! `fedinitcfg.yaml`: the file that sets up a federation without anybody logging
//! in. The same fixed token stands in the files of all its clusters.

use std::path::Path;

use palisade_api::ClusterName;
use palisade_api::rest::fed::RestInfo;
use serde::Deserialize;
use thiserror::Error;

use crate::fixed_token::FixedToken;

/// Larger files are none of these.
const MOST_BYTES: usize = 64 * 1024;

/// What the file says.
#[derive(Clone, Debug)]
pub struct SetupFile {
    /// The cluster's name in the federation.
    pub cluster_name: Option<ClusterName>,
    /// What clusters join with.
    pub join_token: FixedToken,
    /// Where the primary is reached.
    pub primary: RestInfo,
    /// Where this cluster is reached, if it is to be a remote; none makes it a
    /// primary.
    pub managed: Option<RestInfo>,
    /// Whether the primary is reached by the proxy that is configured.
    pub use_proxy: bool,
    /// Whether results of repository scans go to the members.
    pub deploy_repo_scan_data: bool,
    /// Whether a cluster that lost its disks takes up its former entry.
    pub rejoin: bool,
}

/// A file that does not set up a federation.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct SetupFileError(String);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Address {
    server: String,
    port: u32,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "Cluster_Name", default)]
    cluster_name: String,
    #[serde(rename = "Join_Token", default)]
    join_token: String,
    #[serde(rename = "Primary_Rest_Info")]
    primary: Option<Address>,
    #[serde(rename = "Managed_Rest_Info")]
    managed: Option<Address>,
    #[serde(rename = "Use_Proxy", default)]
    use_proxy: String,
    #[serde(rename = "Deploy_Repo_Scan_Data", default)]
    deploy_repo_scan_data: bool,
    #[serde(rename = "Allow_Same_K8s_Uid_Rejoin", default)]
    rejoin: bool,
}

impl SetupFile {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self, SetupFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| SetupFileError(format!("cannot read {}: {error}", path.display())))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, SetupFileError> {
        let wrong =
            |key: &str, why: &dyn std::fmt::Display| SetupFileError(format!("{key}: {why}"));
        if text.len() > MOST_BYTES {
            return Err(SetupFileError("it is too large".to_owned()));
        }
        // The text may hold the token: nothing of it is repeated.
        let options = serde_saphyr::options! { with_snippet: false };
        let raw: Raw = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| SetupFileError(format!("not as expected: {error}")))?;
        let address = |key, address: Address| {
            let info = RestInfo { server: address.server, port: address.port };
            if info.is_valid() { Ok(info) } else { Err(wrong(key, &"not an address and a port")) }
        };
        let name = raw.cluster_name.trim();
        Ok(Self {
            cluster_name: match name {
                "" => None,
                name => Some(name.parse().map_err(|error| wrong("Cluster_Name", &error))?),
            },
            join_token: raw.join_token.parse().map_err(|error| wrong("Join_Token", &error))?,
            primary: address(
                "Primary_Rest_Info",
                raw.primary.ok_or_else(|| wrong("Primary_Rest_Info", &"it is missing"))?,
            )?,
            managed: raw.managed.map(|it| address("Managed_Rest_Info", it)).transpose()?,
            use_proxy: match raw.use_proxy.as_str() {
                "" => false,
                "https" => true,
                _ => return Err(wrong("Use_Proxy", &"it is empty or https")),
            },
            deploy_repo_scan_data: raw.deploy_repo_scan_data,
            rejoin: raw.rejoin,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "6f9619ff-8b86-d011-b42d-00c04fc964ff";

    #[test]
    fn a_file_makes_a_primary_or_a_remote() {
        let primary = format!(
            "# of the hub\nCluster_Name: hub\nJoin_Token: {TOKEN}\nPrimary_Rest_Info:\n  \
             Server: hub.example\n  Port: 11443\nDeploy_Repo_Scan_Data: true\nAlways_Reload: no\n"
        );
        let read = SetupFile::parse(&primary).unwrap();
        assert_eq!(read.cluster_name.unwrap().as_str(), "hub");
        assert_eq!(read.primary, RestInfo { server: "hub.example".to_owned(), port: 11443 });
        assert!(read.managed.is_none() && read.deploy_repo_scan_data && !read.rejoin);

        let remote = format!(
            "{primary}Managed_Rest_Info: {{Server: 10.0.0.7, Port: 10443}}\nUse_Proxy: https\n\
             Allow_Same_K8s_Uid_Rejoin: true\n"
        );
        let read = SetupFile::parse(&remote).unwrap();
        assert_eq!(read.managed.unwrap().port, 10443);
        assert!(read.use_proxy && read.rejoin);
    }

    #[test]
    fn what_is_wrong_is_named_and_the_token_is_not() {
        let rest = "Primary_Rest_Info: {Server: hub, Port: 11443}\n";
        let with = |more: &str| format!("Join_Token: {TOKEN}\n{rest}{more}");
        for (text, word) in [
            (format!("Join_Token: short\n{rest}"), "Join_Token"),
            (format!("Join_Token: {TOKEN}\n"), "Primary_Rest_Info"),
            (with("Managed_Rest_Info: {Server: x, Port: 0}\n"), "Managed_Rest_Info"),
            (with("Use_Proxy: socks\n"), "Use_Proxy"),
            (with("Cluster_Name: /\n"), "Cluster_Name"),
            (with("Deploy_Repo_Scan_Data: [1]\n"), "not as expected"),
            ("x".repeat(MOST_BYTES + 1), "too large"),
        ] {
            let error = SetupFile::parse(&text).unwrap_err().to_string();
            assert!(error.contains(word), "{word} is not in {error}");
            assert!(!error.contains("8b86"), "{error}");
        }
    }
}
