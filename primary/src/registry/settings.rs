//! The registries themselves: objects of the federation's log, with
//! credentials and state beside them.

use std::collections::BTreeMap;

use palisade_api::ObjectKind;
use palisade_api::kind::LogId;
use palisade_api::rest::scan::{Registry, RegistryConfig, RegistryImageSummary, RegistrySummary};
use sqlx::PgConnection;

use super::config::{apply, check_name, declare};
use super::credentials::RegistryCredentials;
use super::repository::REPOSITORY;
use super::{Registries, RegistryFailure};
use crate::federation::promotion::require_primary;
use crate::store::change::{self, NewItem};
use crate::store::image_list::ImageQuery;
use crate::store::registry::{ImageCounts, RegistryRow};
use crate::store::{self, Actor};

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
        check_name(&config.name)?;
        let mut tx = self.database.begin().await?;
        change::lock(&mut tx, LogId::Federation).await?;
        require_primary(&mut tx).await?;
        let registry = self.add(&mut tx, config).await?;
        put(&mut tx, actor, &registry).await?;
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
        if !config.name.is_empty() && config.name != name {
            return Err(RegistryFailure::Setting("A registry cannot be renamed.".to_owned()));
        }
        let mut tx = self.database.begin().await?;
        change::lock(&mut tx, LogId::Federation).await?;
        require_primary(&mut tx).await?;
        let change = |registry: &mut _, secrets: &mut _| apply(registry, secrets, config);
        let (_, registry) = self.alter(&mut tx, name, change).await?;
        put(&mut tx, actor, &registry).await?;
        tx.commit().await.map_err(store::StoreError::from)?;
        self.jobs.notify_waiters();
        self.reports.notify_waiters();
        Ok(())
    }

    /// Makes a registry what `config` says, as part of a change of others: what is to be
    /// written of it, where that differs. Secrets of what it still names stay; a new registry
    /// has none.
    pub(crate) async fn declare(
        &self,
        tx: &mut sqlx::PgTransaction<'_>,
        config: RegistryConfig,
    ) -> Result<Option<NewItem>, RegistryFailure> {
        let name = config.name.clone();
        check_name(&name)?;
        let registry = if store::registry::get(tx, &name).await?.is_none() {
            self.add(tx, config).await?
        } else {
            let change = |registry: &mut _, secrets: &mut _| declare(registry, secrets, config);
            let (before, after) = self.alter(tx, &name, change).await?;
            if before == after {
                return Ok(None);
            }
            after
        };
        Ok(Some(item(&registry)?))
    }

    /// What a new registry is, with what is kept beside it.
    async fn add(
        &self,
        tx: &mut sqlx::PgTransaction<'_>,
        config: RegistryConfig,
    ) -> Result<Registry, RegistryFailure> {
        let name = config.name.clone();
        let mut registry = Registry { cfg_type: "federal".to_owned(), ..Registry::default() };
        registry.name.clone_from(&name);
        let mut credentials = RegistryCredentials::default();
        apply(&mut registry, &mut credentials, config)?;
        let sealed = credentials.seal(&self.sealer, &name)?;
        store::registry::create(tx, &name, sealed.as_deref()).await.map_err(|error| match error
            .constraint()
        {
            Some("registry_pkey") => RegistryFailure::Duplicate(name.clone()),
            _ => error.into(),
        })?;
        if registry.schedule.schedule == "auto" {
            store::registry::start(tx, &name, self.clock.now()).await?;
            store::job::list(tx, &name).await?;
        }
        Ok(registry)
    }

    /// What a registry was and what it becomes, with what is kept beside it.
    async fn alter(
        &self,
        tx: &mut sqlx::PgTransaction<'_>,
        name: &str,
        change: impl FnOnce(&mut Registry, &mut RegistryCredentials) -> Result<(), RegistryFailure>
        + Send,
    ) -> Result<(Registry, Registry), RegistryFailure> {
        let (row, mut registry) = self.find(tx, name).await?;
        let mut credentials =
            RegistryCredentials::open(row.sealed_credentials.as_deref(), &self.sealer, name)?;
        let before = registry.clone();
        change(&mut registry, &mut credentials)?;
        let sealed = credentials.seal(&self.sealer, name)?;
        let moved = before.registry != registry.registry || before.filters != registry.filters;
        if moved {
            store::report::republish(tx, name).await?;
        }
        store::registry::update_credentials(tx, name, sealed.as_deref()).await?;
        if moved && registry.schedule.schedule == "auto" {
            store::registry::start(tx, name, self.clock.now()).await?;
            store::job::list(tx, name).await?;
        }
        Ok((before, registry))
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
        store::image::forget_broken(&mut tx, name).await?;
        if !store::registry::start(&mut tx, name, self.clock.now()).await? {
            return Err(RegistryFailure::Missing(name.to_owned()));
        }
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

    /// A page of the images of a registry, or of those that no registry lists.
    pub async fn images(
        &self,
        name: &str,
        query: &ImageQuery,
    ) -> Result<Vec<RegistryImageSummary>, RegistryFailure> {
        let mut conn = self.database.acquire().await?;
        if name != REPOSITORY && store::registry::get(&mut conn, name).await?.is_none() {
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
    store::image::lock(tx, name).await?;
    store::registry::delete(tx, name).await
}

/// All registries by name, as the log has them.
pub(crate) async fn all(conn: &mut PgConnection) -> store::Result<BTreeMap<String, Registry>> {
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
    change::commit(tx, LogId::Federation, actor, &[item(registry)?]).await?;
    Ok(())
}

fn item(registry: &Registry) -> Result<NewItem, RegistryFailure> {
    let payload = serde_json::to_vec(registry)?;
    Ok(NewItem::put(ObjectKind::Registry, &registry.name, payload))
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
