//! What clients say of a registry, checked.

use palisade_api::rest::scan::{Registry, RegistryConfig, ScanSchedule};
use palisade_scanner::source::registry::{ArtifactoryMode, Filter, RegistryAccess, RegistryKind};
use secrecy::{ExposeSecret as _, SecretString};

use super::RegistryFailure;
use super::credentials::RegistryCredentials;

/// What names of federated registries start with.
const PREFIX: &str = "fed.";
/// Seconds between periodical scans.
const INTERVALS: std::ops::RangeInclusive<i64> = 300..=604_800;
const MAX_FILTERS: usize = 256;
/// Characters of a secret that nobody guesses.
const WEBHOOK_SECRET: std::ops::RangeInclusive<usize> = 16..=256;

/// Fails where no registry can be called `name`.
pub(super) fn check_name(name: &str) -> Result<(), RegistryFailure> {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return Err(RegistryFailure::Name(format!(
            "The primary holds federated registries: the name must start with {PREFIX:?}."
        )));
    };
    let fits = !rest.is_empty()
        && name.len() <= 128
        && rest.starts_with(|c: char| c.is_ascii_alphanumeric())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-: ".contains(&b));
    if fits {
        Ok(())
    } else {
        Err(RegistryFailure::Name(
            "The name may hold letters, digits, blanks and . _ - : only.".to_owned(),
        ))
    }
}

/// Makes a registry what `config` tells, checked: what it is logged in with and `config`
/// does not name any more goes, with its secrets.
pub(super) fn declare(
    registry: &mut Registry,
    credentials: &mut RegistryCredentials,
    config: RegistryConfig,
) -> Result<(), RegistryFailure> {
    if !registry.username.is_empty() && config.username.as_ref().is_some_and(String::is_empty) {
        // Without the user it would go on as a token.
        credentials.password = None;
    }
    if config.aws_key.is_none() {
        registry.aws_key = None;
        credentials.aws_access_key_id = None;
        credentials.aws_secret_access_key = None;
    }
    if config.gcr_key.is_none() {
        registry.gcr_key = None;
        credentials.google_key = None;
    }
    apply(registry, credentials, config)
}

/// Applies what `config` tells, checked.
pub(super) fn apply(
    registry: &mut Registry,
    credentials: &mut RegistryCredentials,
    config: RegistryConfig,
) -> Result<(), RegistryFailure> {
    let setting = |text: &str| RegistryFailure::Setting(text.to_owned());
    if registry.registry_type.is_empty() {
        config
            .registry_type
            .parse::<RegistryKind>()
            .map_err(|error| RegistryFailure::Setting(error.to_string()))?;
        registry.registry_type = config.registry_type;
    } else if !config.registry_type.is_empty() && config.registry_type != registry.registry_type {
        return Err(setting("The type of a registry cannot be changed."));
    }
    if config.cfg_type.is_some_and(|kind| !matches!(kind.as_str(), "" | "federal")) {
        return Err(setting("The primary holds federal registries only."));
    }
    if let Some(url) = config.registry {
        let access = RegistryAccess::new(&url)
            .map_err(|error| RegistryFailure::Setting(error.to_string()))?;
        registry.registry = access.url.to_string();
    }
    if registry.registry.is_empty() {
        return Err(setting("The address of the registry is missing."));
    }
    if let Some(filters) = config.filters {
        if filters.len() > MAX_FILTERS {
            return Err(setting("There are too many filters."));
        }
        for filter in &filters {
            Filter::parse(filter)?;
        }
        registry.filters = filters;
    }
    if registry.filters.is_empty() {
        return Err(setting("At least one filter is needed; * takes all images."));
    }
    let needs_org = registry.registry_type.parse().is_ok_and(|kind: RegistryKind| kind.needs_org());
    if needs_org
        && registry.filters.iter().any(|text| Filter::parse(text).is_ok_and(|f| f.org().is_none()))
    {
        return Err(setting("Each filter must name the owner or project, as in shop/*."));
    }
    if let Some(schedule) = config.schedule {
        registry.schedule = checked_schedule(schedule)?;
    }
    let limit = |target: &mut i64, value: Option<i64>| match value {
        Some(value) if value < 0 => Err(setting("A limit must not be negative.")),
        Some(value) => {
            *target = value;
            Ok(())
        }
        None => Ok(()),
    };
    limit(&mut registry.repo_limit, config.repo_limit)?;
    limit(&mut registry.tag_limit, config.tag_limit)?;
    let set = |target: &mut bool, value: Option<bool>| *target = value.unwrap_or(*target);
    set(&mut registry.auth_with_token, config.auth_with_token);
    set(&mut registry.rescan_after_db_update, config.rescan_after_db_update);
    set(&mut registry.scan_layers, config.scan_layers);
    set(&mut registry.ignore_proxy, config.ignore_proxy);
    if let Some(username) = config.username {
        registry.username = username;
    }
    if let Some(domains) = config.domains {
        registry.domains = domains;
    }
    if let Some(mode) = config.jfrog_mode {
        mode.parse::<ArtifactoryMode>()
            .map_err(|_| setting("The mode is either Repository Path, Subdomain or Port."))?;
        registry.jfrog_mode = mode;
    }
    set(&mut registry.jfrog_aql, config.jfrog_aql);
    let address = |target: &mut String, value: Option<String>| match value {
        Some(text) if !text.is_empty() => {
            let access = RegistryAccess::new(&text)
                .map_err(|error| RegistryFailure::Setting(error.to_string()))?;
            *target = access.url.to_string();
            Ok(())
        }
        Some(text) => {
            *target = text;
            Ok(())
        }
        None => Ok::<_, RegistryFailure>(()),
    };
    address(&mut registry.gitlab_external_url, config.gitlab_external_url)?;
    address(&mut registry.ibm_cloud_token_url, config.ibm_cloud_token_url)?;
    if let Some(account) = config.ibm_cloud_account {
        registry.ibm_cloud_account = account;
    }
    let keep = |target: &mut Option<SecretString>, value: Option<SecretString>| {
        if value.is_some() {
            *target = value;
        }
    };
    keep(&mut credentials.password, config.password);
    keep(&mut credentials.auth_token, config.auth_token);
    keep(&mut credentials.gitlab_token, config.gitlab_private_token);
    if let Some(secret) = config.webhook_secret {
        credentials.webhook_secret = match secret.expose_secret().len() {
            0 => None,
            length if WEBHOOK_SECRET.contains(&length) => Some(secret),
            _ => return Err(setting("The secret of a webhook has 16 to 256 characters.")),
        };
    }
    if let Some(aws) = config.aws_key {
        let kept = registry.aws_key.get_or_insert_default();
        kept.id = aws.id.unwrap_or(std::mem::take(&mut kept.id));
        kept.region = aws.region.unwrap_or(std::mem::take(&mut kept.region));
        keep(&mut credentials.aws_access_key_id, aws.access_key_id);
        keep(&mut credentials.aws_secret_access_key, aws.secret_access_key);
    }
    if let Some(google) = config.gcr_key {
        registry.gcr_key.get_or_insert_default();
        keep(&mut credentials.google_key, google.json_key);
    }
    Ok(())
}

fn checked_schedule(schedule: ScanSchedule) -> Result<ScanSchedule, RegistryFailure> {
    match schedule.schedule.as_str() {
        "" | "manual" => Ok(ScanSchedule::default()),
        "auto" => Ok(ScanSchedule { interval: 0, ..schedule }),
        "periodical" if INTERVALS.contains(&schedule.interval) => Ok(schedule),
        "periodical" => Err(RegistryFailure::Setting(
            "The interval must lie between 300 and 604800 seconds.".to_owned(),
        )),
        _ => Err(RegistryFailure::Setting(
            "The schedule is either manual, auto or periodical.".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use palisade_api::rest::scan::{AwsAccountKeyConfig, GcrKeyConfig};

    use super::*;

    const SECRET: &str = "her very own";

    fn config() -> RegistryConfig {
        RegistryConfig {
            registry_type: "Amazon ECR Registry".to_owned(),
            registry: Some("https://1.dkr.ecr.eu-west-1.amazonaws.com/".to_owned()),
            username: Some("ann".to_owned()),
            password: Some(SECRET.into()),
            filters: Some(vec!["*".to_owned()]),
            aws_key: Some(AwsAccountKeyConfig {
                id: Some("1".to_owned()),
                region: Some("eu-west-1".to_owned()),
                access_key_id: Some(SECRET.into()),
                secret_access_key: Some(SECRET.into()),
            }),
            gcr_key: Some(GcrKeyConfig { json_key: Some(SECRET.into()) }),
            ..RegistryConfig::default()
        }
    }

    #[test]
    fn a_declared_registry_loses_the_access_that_is_not_declared_any_more() {
        let bare = || RegistryConfig {
            username: Some(String::new()),
            password: None,
            aws_key: None,
            gcr_key: None,
            ..config()
        };
        let registry = || {
            let mut made = (Registry::default(), RegistryCredentials::default());
            apply(&mut made.0, &mut made.1, config()).unwrap();
            made
        };
        let (mut changed, mut kept) = registry();
        apply(&mut changed, &mut kept, bare()).unwrap();
        assert!(changed.aws_key.is_some() && changed.gcr_key.is_some());
        assert!(kept.aws_secret_access_key.is_some() && kept.google_key.is_some());
        let (mut declared, mut gone) = registry();
        declare(&mut declared, &mut gone, bare()).unwrap();
        assert!(declared.aws_key.is_none() && declared.gcr_key.is_none());
        assert!(gone.aws_access_key_id.is_none() && gone.aws_secret_access_key.is_none());
        assert!(gone.google_key.is_none() && gone.password.is_none());
        // What it still names keeps its secrets.
        let (mut same, mut all) = registry();
        let again = RegistryConfig {
            password: None,
            aws_key: Some(AwsAccountKeyConfig {
                id: Some("2".to_owned()),
                ..AwsAccountKeyConfig::default()
            }),
            gcr_key: Some(GcrKeyConfig::default()),
            ..config()
        };
        declare(&mut same, &mut all, again).unwrap();
        assert_eq!(same.aws_key.unwrap().id, "2");
        assert!(all.aws_secret_access_key.is_some() && all.google_key.is_some());
        assert!(all.password.is_some());
    }
}
