//! The registries themselves: objects of the federation's log, with
//! credentials and state beside them.

use std::collections::BTreeMap;

use palisade_api::ObjectKind;
use palisade_api::kind::LogId;
use palisade_api::rest::scan::{
    Registry, RegistryConfig, RegistryImageSummary, RegistrySummary, ScanSchedule,
};
use palisade_scanner::source::registry::{ArtifactoryMode, Filter, RegistryAccess, RegistryKind};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::PgConnection;

use super::credentials::RegistryCredentials;
use super::{Registries, RegistryFailure};
use crate::federation::promotion::require_primary;
use crate::store::change::{self, NewItem};
use crate::store::image_list::ImageQuery;
use crate::store::registry::{ImageCounts, RegistryRow};
use crate::store::{self, Actor};

/// What names of federated registries start with.
const PREFIX: &str = "fed.";
/// Seconds between periodical scans.
const INTERVALS: std::ops::RangeInclusive<i64> = 300..=604_800;
const MAX_FILTERS: usize = 256;
/// Characters of a secret that nobody guesses.
const WEBHOOK_SECRET: std::ops::RangeInclusive<usize> = 16..=256;

/// An image as pods name it, by the URL of its registry.
pub(super) fn image(url: &str, repository: &str, tag: &str) -> String {
    let host = url.split_once("://").map_or(url, |(_, host)| host).trim_end_matches('/');
    if host.is_empty() {
        format!("{repository}:{tag}")
    } else {
        format!("{host}/{repository}:{tag}")
    }
}

impl Registries {
    /// Adds a registry.
    pub async fn create(
        &self,
        actor: &Actor,
        config: RegistryConfig,
    ) -> Result<(), RegistryFailure> {
        let name = config.name.clone();
        check_name(&name)?;
        let mut registry = Registry { cfg_type: "federal".to_owned(), ..Registry::default() };
        registry.name.clone_from(&name);
        let mut credentials = RegistryCredentials::default();
        apply(&mut registry, &mut credentials, config)?;
        let sealed = credentials.seal(&self.sealer, &name)?;
        let mut tx = self.database.begin().await?;
        change::lock(&mut tx, LogId::Federation).await?;
        require_primary(&mut tx).await?;
        store::registry::create(&mut tx, &name, sealed.as_deref()).await.map_err(|error| {
            match error.constraint() {
                Some("registry_pkey") => RegistryFailure::Duplicate(name.clone()),
                _ => error.into(),
            }
        })?;
        put(&mut tx, actor, &registry).await?;
        if registry.schedule.schedule == "auto" {
            store::registry::start(&mut tx, &name, self.clock.now()).await?;
            store::job::list(&mut tx, &name).await?;
        }
        tx.commit().await.map_err(store::StoreError::from)?;
        self.jobs.notify_waiters();
        Ok(())
    }

    /// Changes a registry; what `config` leaves out stays.
    pub async fn update(
        &self,
        actor: &Actor,
        name: &str,
        config: RegistryConfig,
    ) -> Result<(), RegistryFailure> {
        let mut tx = self.database.begin().await?;
        change::lock(&mut tx, LogId::Federation).await?;
        require_primary(&mut tx).await?;
        let (row, mut registry) = self.find(&mut tx, name).await?;
        let mut credentials =
            RegistryCredentials::open(row.sealed_credentials.as_deref(), &self.sealer, name)?;
        let old = (registry.registry.clone(), registry.filters.clone());
        apply(&mut registry, &mut credentials, config)?;
        let sealed = credentials.seal(&self.sealer, name)?;
        store::registry::update_credentials(&mut tx, name, sealed.as_deref()).await?;
        put(&mut tx, actor, &registry).await?;
        let moved = old != (registry.registry.clone(), registry.filters.clone());
        if moved {
            store::report::republish(&mut tx, name).await?;
        }
        if moved && registry.schedule.schedule == "auto" {
            store::registry::start(&mut tx, name, self.clock.now()).await?;
            store::job::list(&mut tx, name).await?;
        }
        tx.commit().await.map_err(store::StoreError::from)?;
        self.jobs.notify_waiters();
        self.reports.notify_waiters();
        Ok(())
    }

    /// Removes a registry; verdicts on images that no other registry holds go
    /// with it.
    pub async fn delete(&self, actor: &Actor, name: &str) -> Result<(), RegistryFailure> {
        let mut tx = self.database.begin().await?;
        change::lock(&mut tx, LogId::Federation).await?;
        require_primary(&mut tx).await?;
        self.find(&mut tx, name).await?;
        if !withdraw(&mut tx, name).await? {
            return Err(RegistryFailure::Missing(name.to_owned()));
        }
        let item = NewItem::delete(ObjectKind::Registry, name);
        change::commit(&mut tx, LogId::Federation, actor, &[item]).await?;
        tx.commit().await.map_err(store::StoreError::from)?;
        self.reports.notify_waiters();
        Ok(())
    }

    /// Starts the scan of a registry. Images that are known are held against
    /// the present database; only others are read, broken ones once more.
    pub async fn start_scan(&self, name: &str) -> Result<(), RegistryFailure> {
        let mut tx = self.database.begin().await?;
        require_primary(&mut tx).await?;
        if !store::registry::start(&mut tx, name, self.clock.now()).await? {
            return Err(RegistryFailure::Missing(name.to_owned()));
        }
        store::image::forget_broken(&mut tx, name).await?;
        store::job::list(&mut tx, name).await?;
        tx.commit().await.map_err(store::StoreError::from)?;
        self.jobs.notify_waiters();
        Ok(())
    }

    /// Stops the scan of a registry.
    pub async fn stop_scan(&self, name: &str) -> Result<(), RegistryFailure> {
        let mut tx = self.database.begin().await?;
        require_primary(&mut tx).await?;
        self.find(&mut tx, name).await?;
        let result = palisade_scanner::ScanOutcome::Cancelled.text();
        store::job::cancel(&mut tx, name, result).await?;
        tx.commit().await.map_err(store::StoreError::from)?;
        Ok(())
    }

    /// One registry with the state of its scan.
    pub async fn get(&self, name: &str) -> Result<RegistrySummary, RegistryFailure> {
        let all = self.list().await?;
        all.into_iter()
            .find(|summary| summary.registry.name == name)
            .ok_or_else(|| RegistryFailure::Missing(name.to_owned()))
    }

    /// All registries with the state of their scans, by name.
    pub async fn list(&self) -> Result<Vec<RegistrySummary>, RegistryFailure> {
        let mut tx = self.database.begin_snapshot().await?;
        let rows = store::registry::list(&mut tx).await?;
        let objects = store::object::list(&mut tx, ObjectKind::Registry).await?;
        let counts = store::registry::image_counts(&mut tx).await?;
        let listed = store::registry::being_listed(&mut tx).await?;
        drop(tx);
        // Without a database there is no version to show.
        let vulndb = self.vulndb.current().await.ok();
        let mut summaries = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(object) = objects.iter().find(|object| object.name == row.name) else {
                continue;
            };
            let counts = counts.iter().find(|counts| counts.registry == row.name);
            let counts = counts.cloned().unwrap_or_default();
            let scanning = listed.contains(&row.name);
            let mut summary =
                summary(row, serde_json::from_slice(&object.payload)?, &counts, scanning);
            if let Some(vulndb) = &vulndb {
                vulndb.version().clone_into(&mut summary.cvedb_version);
                summary.cvedb_create_time = vulndb.create_time();
            }
            summaries.push(summary);
        }
        Ok(summaries)
    }

    /// A page of the images of a registry.
    pub async fn images(
        &self,
        name: &str,
        query: &ImageQuery,
    ) -> Result<Vec<RegistryImageSummary>, RegistryFailure> {
        let mut conn = self.database.acquire().await?;
        if store::registry::get(&mut conn, name).await?.is_none() {
            return Err(RegistryFailure::Missing(name.to_owned()));
        }
        Ok(store::image_list::page(&mut conn, name, query).await?)
    }

    pub(super) async fn find(
        &self,
        conn: &mut PgConnection,
        name: &str,
    ) -> Result<(RegistryRow, Registry), RegistryFailure> {
        let missing = || RegistryFailure::Missing(name.to_owned());
        let row = store::registry::get(conn, name).await?.ok_or_else(missing)?;
        let object = store::object::get(conn, ObjectKind::Registry, name).await?;
        let registry = serde_json::from_slice(&object.ok_or_else(missing)?.payload)?;
        Ok((row, registry))
    }
}

/// Removes what is kept of a registry beside its object of the log, which the
/// caller deletes. Verdicts that nobody else holds follow. Says whether there
/// was anything.
pub(crate) async fn withdraw(tx: &mut sqlx::PgTransaction<'_>, name: &str) -> store::Result<bool> {
    store::report::republish(tx, name).await?;
    store::registry::delete(tx, name).await
}

/// All registries by name, as the log has them.
pub(super) async fn all(conn: &mut PgConnection) -> store::Result<BTreeMap<String, Registry>> {
    let objects = store::object::list(conn, ObjectKind::Registry).await?;
    let registries = objects.into_iter().map(|object| {
        let registry = serde_json::from_slice(&object.payload)
            .map_err(|error| store::StoreError::inconsistent("object", error))?;
        Ok((object.name, registry))
    });
    registries.collect()
}

async fn put(
    tx: &mut sqlx::PgTransaction<'_>,
    actor: &Actor,
    registry: &Registry,
) -> Result<(), RegistryFailure> {
    let item = NewItem::put(ObjectKind::Registry, &registry.name, serde_json::to_vec(registry)?);
    change::commit(tx, LogId::Federation, actor, &[item]).await?;
    Ok(())
}

fn summary(
    row: RegistryRow,
    registry: Registry,
    counts: &ImageCounts,
    listed: bool,
) -> RegistrySummary {
    let scanning = listed || counts.scheduled + counts.scanning > 0;
    RegistrySummary {
        registry,
        status: if scanning { "scanning" } else { "idle" }.to_owned(),
        error_message: row.error_message,
        error_detail: row.error_detail,
        started_at: row
            .started_at
            .map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
            .unwrap_or_default(),
        scanned: counts.scanned,
        scheduled: counts.scheduled,
        scanning: counts.scanning,
        failed: counts.failed,
        cvedb_version: String::new(),
        cvedb_create_time: String::new(),
    }
}

fn check_name(name: &str) -> Result<(), RegistryFailure> {
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
