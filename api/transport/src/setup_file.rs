//! `fedinitcfg.yaml`: the file that sets up a federation without anybody logging
//! in. The same fixed token stands in the files of all its clusters.

use std::path::Path;

use palisade_api::ClusterName;
use palisade_api::rest::fed::RestInfo;
use serde_json::{Map, Value};
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

/// The members of an object in the file, their keys in lower case: letter case is
/// of no account, and a key without a value counts as absent.
struct Keys(Map<String, Value>);

impl Keys {
    fn of(members: Map<String, Value>) -> Self {
        let given = members.into_iter().filter(|(_, value)| !value.is_null());
        Self(given.map(|(key, value)| (key.to_ascii_lowercase(), value)).collect())
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.0.remove(&key.to_ascii_lowercase())
    }

    fn text(&mut self, key: &str) -> Result<String, SetupFileError> {
        match self.take(key) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(_) => Err(wrong(key, &"it is text")),
        }
    }

    fn flag(&mut self, key: &str) -> Result<bool, SetupFileError> {
        match self.take(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(wrong(key, &"it is true or false")),
        }
    }

    fn address(&mut self, key: &str) -> Result<Option<RestInfo>, SetupFileError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let no_address = || wrong(key, &"not an address and a port");
        let Value::Object(members) = value else { return Err(no_address()) };
        let mut members = Self::of(members);
        let server = members.text("Server")?;
        let port = members.text("Port")?.parse().map_err(|_| no_address())?;
        let info = RestInfo { server, port };
        if info.is_valid() { Ok(Some(info)) } else { Err(no_address()) }
    }
}

fn wrong(key: &str, why: &dyn std::fmt::Display) -> SetupFileError {
    SetupFileError(format!("{key}: {why}"))
}

impl SetupFile {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self, SetupFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| SetupFileError(format!("cannot read {}: {error}", path.display())))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, SetupFileError> {
        if text.len() > MOST_BYTES {
            return Err(SetupFileError("it is too large".to_owned()));
        }
        // The text may hold the token: nothing of it is repeated.
        let options = serde_saphyr::options! { with_snippet: false };
        let file: Map<String, Value> = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| SetupFileError(format!("not as expected: {error}")))?;
        let mut keys = Keys::of(file);
        let name = keys.text("Cluster_Name")?;
        Ok(Self {
            cluster_name: match name.trim() {
                "" => None,
                name => Some(name.parse().map_err(|error| wrong("Cluster_Name", &error))?),
            },
            join_token: keys
                .text("Join_Token")?
                .parse()
                .map_err(|error| wrong("Join_Token", &error))?,
            primary: keys
                .address("Primary_Rest_Info")?
                .ok_or_else(|| wrong("Primary_Rest_Info", &"it is missing"))?,
            managed: keys.address("Managed_Rest_Info")?,
            use_proxy: match keys.text("Use_Proxy")?.as_str() {
                "" => false,
                "https" => true,
                _ => return Err(wrong("Use_Proxy", &"it is empty or https")),
            },
            deploy_repo_scan_data: keys.flag("Deploy_Repo_Scan_Data")?,
            rejoin: keys.flag("Allow_Same_K8s_Uid_Rejoin")?,
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
    fn keys_are_known_in_any_letter_case_and_may_be_empty() {
        let text = format!(
            "cluster_name: hub\nJOIN_TOKEN: {TOKEN}\nprimary_rest_info:\n  server: hub.example\n  \
             PORT: 11443\nManaged_Rest_Info:\nUse_Proxy:\ndeploy_repo_scan_data: true\n"
        );
        let read = SetupFile::parse(&text).unwrap();
        assert_eq!(read.cluster_name.unwrap().as_str(), "hub");
        assert_eq!(read.primary, RestInfo { server: "hub.example".to_owned(), port: 11443 });
        assert!(read.managed.is_none() && !read.use_proxy && read.deploy_repo_scan_data);
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
            (with("Deploy_Repo_Scan_Data: [1]\n"), "Deploy_Repo_Scan_Data"),
            (with("Managed_Rest_Info: [1\n"), "not as expected"),
            ("x".repeat(MOST_BYTES + 1), "too large"),
        ] {
            let error = SetupFile::parse(&text).unwrap_err().to_string();
            assert!(error.contains(word), "{word} is not in {error}");
            assert!(!error.contains("8b86"), "{error}");
        }
    }
}
