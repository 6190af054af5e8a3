//! An image's configuration.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::platform::Platform;
use crate::error::ScanError;

/// What the configuration tells about an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// Who made the image.
    pub author: String,
    /// When, RFC 3339.
    pub created: String,
    /// What it runs on; empty names when it does not tell.
    #[serde(default)]
    pub platform: Platform,
    /// The user that it runs as; empty or root by default.
    pub user: String,
    /// Environment variables, `NAME=value`.
    pub envs: Vec<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// How it was made, oldest first.
    pub history: Vec<History>,
    /// Digests of the unpacked layers, lowest first, as written.
    pub diff_ids: Vec<String>,
    /// Whether it tells how to check its health.
    pub healthcheck: bool,
    /// Users of the image beside root that have its rights.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superusers: Vec<String>,
}

/// One step in the making of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// The command.
    pub created_by: String,
    /// Whether it made no layer.
    pub empty_layer: bool,
}

/// The configuration as it is stored.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ConfigFile {
    author: Option<String>,
    created: Option<String>,
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    config: Option<Run>,
    history: Option<Vec<Step>>,
    rootfs: Option<RootFs>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Step {
    created_by: Option<String>,
    empty_layer: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Run {
    user: Option<String>,
    env: Option<Vec<String>>,
    labels: Option<BTreeMap<String, Option<String>>>,
    healthcheck: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RootFs {
    diff_ids: Option<Vec<String>>,
}

impl From<ConfigFile> for ImageConfig {
    fn from(file: ConfigFile) -> Self {
        let run = file.config.unwrap_or_default();
        Self {
            author: file.author.unwrap_or_default(),
            created: file.created.unwrap_or_default(),
            platform: Platform {
                os: file.os.unwrap_or_default(),
                architecture: file.architecture.unwrap_or_default(),
                variant: file.variant.unwrap_or_default(),
            },
            user: run.user.unwrap_or_default(),
            envs: run.env.unwrap_or_default(),
            labels: run
                .labels
                .unwrap_or_default()
                .into_iter()
                .map(|(key, value)| (key, value.unwrap_or_default()))
                .collect(),
            history: file
                .history
                .unwrap_or_default()
                .into_iter()
                .map(|step| History {
                    created_by: step.created_by.unwrap_or_default(),
                    empty_layer: step.empty_layer.unwrap_or_default(),
                })
                .collect(),
            diff_ids: file.rootfs.unwrap_or_default().diff_ids.unwrap_or_default(),
            healthcheck: run.healthcheck.as_ref().is_some_and(checks_health),
            superusers: Vec::new(),
        }
    }
}

/// Whether it names a check: `NONE` switches off what the base image has.
fn checks_health(healthcheck: &serde_json::Value) -> bool {
    let kind = healthcheck.pointer("/Test/0").and_then(serde_json::Value::as_str);
    kind.is_some_and(|kind| !kind.is_empty() && !kind.eq_ignore_ascii_case("NONE"))
}

impl ImageConfig {
    /// Reads the configuration.
    pub fn parse(bytes: &[u8]) -> Result<Self, ScanError> {
        let file: ConfigFile = serde_json::from_slice(bytes)
            .map_err(|error| ScanError::Malformed(format!("its configuration: {error}")))?;
        Ok(file.into())
    }

    /// Fails when `wanted` was asked for and this is an image for another
    /// platform. Many builders name no variant here, though indexes do.
    pub(crate) fn check_platform(&self, wanted: Option<&Platform>) -> Result<(), ScanError> {
        let Some(wanted) = wanted else { return Ok(()) };
        let own = &self.platform;
        let any_variant = || Platform { variant: String::new(), ..wanted.clone() };
        let fits =
            wanted.fit(own).is_some() || own.variant.is_empty() && any_variant().fit(own).is_some();
        if fits || own.architecture.is_empty() {
            return Ok(());
        }
        Err(ScanError::InvalidTarget(format!("it is an image for {own}, not for {wanted}")))
    }

    /// Whether a container of it runs as root unless told otherwise.
    pub fn runs_as_root(&self) -> bool {
        let user = self.user.split(':').next().unwrap_or_default().trim();
        // Runtimes read a number, however it is written.
        matches!(user, "" | "root")
            || user.parse::<i64>() == Ok(0)
            || self.superusers.iter().any(|superuser| superuser == user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_that_are_root() {
        for (user, expected) in [
            ("", true),
            ("root", true),
            ("0", true),
            ("00:1000", true),
            ("+0", true),
            ("root:staff", true),
            ("1000:0", false),
            ("nobody", false),
            ("toor:staff", true),
        ] {
            let superusers = vec!["toor".to_owned()];
            let user = user.to_owned();
            let config = ImageConfig { user, superusers, ..ImageConfig::default() };
            assert_eq!(config.runs_as_root(), expected, "{}", config.user);
        }
    }

    #[test]
    fn the_platform_that_is_asked_for() {
        for (config, wanted, fits) in [
            (r#"{"os": "linux", "architecture": "arm", "variant": "v7"}"#, "linux/arm/v7", true),
            (r#"{"os": "linux", "architecture": "arm", "variant": "v6"}"#, "linux/arm/v7", false),
            (r#"{"os": "linux", "architecture": "arm"}"#, "linux/arm/v7", true),
            (r#"{"os": "linux", "architecture": "arm", "variant": "v7"}"#, "linux/arm", true),
            (r#"{"os": "linux", "architecture": "amd64"}"#, "linux/amd64/v3", true),
            (r#"{"os": "linux", "architecture": "arm64"}"#, "linux/arm/v7", false),
            (r#"{"os": "windows", "architecture": "amd64"}"#, "linux/amd64", false),
            ("{}", "linux/arm/v7", true),
        ] {
            let wanted: Platform = wanted.parse().unwrap();
            let read = ImageConfig::parse(config.as_bytes()).unwrap();
            assert_eq!(read.check_platform(Some(&wanted)).is_ok(), fits, "{config} {wanted}");
            assert!(read.check_platform(None).is_ok());
        }
    }

    #[test]
    fn a_check_of_health_is_one_that_runs() {
        for (config, expected) in [
            (r#"{"Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 1}}"#, true),
            (r#"{"Healthcheck": {"Test": ["NONE"]}}"#, false),
            (r#"{"Healthcheck": {"Test": []}}"#, false),
            (r#"{"Healthcheck": {"Test": "true"}}"#, false),
            (r#"{"Healthcheck": {}}"#, false),
            (r#"{"Healthcheck": null}"#, false),
            ("{}", false),
        ] {
            let read = ImageConfig::parse(format!("{{\"config\": {config}}}").as_bytes()).unwrap();
            assert_eq!(read.healthcheck, expected, "{config}");
        }
    }
}
