//! Becoming the primary of a federation, and ceasing to be it.

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::federation::bye;
use palisade_api::kind::LogId;
use palisade_api::rest::event::{level, name};
use palisade_api::rest::fed::{FedConfig, PromoteRequest, RestInfo};
use palisade_api::{ClusterId, ClusterName, ObjectKind};
use palisade_identity::{Role, Roles};
use palisade_policy::group::Group;
use palisade_policy::sensor::{Dlp, Inspection as _, Waf};
use palisade_policy::{CfgType, FederatedObject};
use sqlx::PgTransaction;

use super::address::{federation_address, primary_name};
use super::event::{self, Word};
use super::{FederationError, Result};
use crate::App;
use crate::identity::{DirectorySettings, Mapping};
use crate::registry;
use crate::store::audit::{Actor, NewAudit};
use crate::store::change::NewItem;
use crate::store::federation::Federation;
use crate::store::member::RemovedReason;
use crate::store::user::UserChange;
use crate::store::{self, StoreError};

/// The user that administers a federation in any case.
const FIRST_USER: &str = "admin";
/// Minutes; what clients show when nobody chose an interval.
const DEFAULT_INTERVAL: u32 = 1;

/// Makes this cluster the primary of a federation. The user `admin` and the
/// user who promotes, if it is one, administer it, and log in anew.
pub async fn promote(
    app: &App,
    actor: &Actor,
    promoter: Option<&str>,
    request: &PromoteRequest,
) -> Result<Federation> {
    let mut tx = app.database.begin().await?;
    let mut federation = store::federation::lock(&mut tx).await?;
    if federation.promoted_at.is_some() {
        return Err(FederationError::AlreadyPrimary);
    }
    if let Some(name) = request.name.as_deref().filter(|name| !name.is_empty()) {
        rename(app, &mut tx, &mut federation, name).await?;
    }
    federation.master = match &request.master_rest_info {
        Some(info) => valid(info)?,
        None => federation.rest.clone(),
    };
    let minutes = |wanted: Option<u32>| {
        let wanted = wanted.filter(|minutes| *minutes > 0).unwrap_or(DEFAULT_INTERVAL);
        i32::try_from(wanted).unwrap_or(i32::MAX)
    };
    federation.ping_interval = minutes(request.ping_interval);
    federation.poll_interval = minutes(request.poll_interval);
    federation.use_proxy = proxy(request.use_proxy.as_deref().unwrap_or_default())?;
    federation.deploy_repo_scan_data = request.deploy_repo_scan_data.unwrap_or(false);
    let now = app.clock.now();
    federation.promoted_at = Some(now);
    store::federation::update(&mut tx, &federation).await?;
    let administrators: Vec<&str> = [FIRST_USER].into_iter().chain(promoter).collect();
    begin(&mut tx, actor, &administrators).await?;
    tell(&mut tx, actor, name::FEDERATION_PROMOTE, "This cluster became a primary.", now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    for fullname in administrators {
        app.identity.forget_sessions(fullname);
    }
    tracing::info!(by = actor.name, "promoted to the primary of a federation");
    renew_listeners(app).await;
    Ok(federation)
}

/// Promotes because a first cluster joins, in its transaction.
pub(super) async fn by_first_member(
    tx: &mut PgTransaction<'_>,
    federation: &mut Federation,
    now: DateTime<Utc>,
) -> Result<()> {
    federation.promoted_at = Some(now);
    store::federation::update(tx, federation).await?;
    begin(tx, &Actor::system(), &[FIRST_USER]).await?;
    let message = "This cluster became a primary, because a first cluster joined.";
    tell(tx, &Actor::system(), name::FEDERATION_PROMOTE, message, now).await
}

async fn begin(tx: &mut PgTransaction<'_>, actor: &Actor, administrators: &[&str]) -> Result<()> {
    store::change::lock(tx, LogId::Federation).await?;
    if let Some(left) = store::object::page(tx, LogId::Federation, None, 1).await?.pop() {
        return Err(FederationError::LeftOver(left.name));
    }
    for (index, fullname) in administrators.iter().enumerate() {
        if administrators[..index].contains(fullname) {
            continue;
        }
        let roles = Roles::from(Role::FedAdmin);
        let change = UserChange { roles: Some(&roles), ..UserChange::default() };
        if store::user::update(tx, fullname, change).await? {
            store::session::delete_of_user(tx, fullname).await?;
        }
    }
    store::change::commit(tx, LogId::Federation, actor, &predefined()?).await?;
    audit(tx, actor, "promote").await
}

/// What every federation has from its first day on.
fn predefined() -> Result<Vec<NewItem>> {
    let mut objects = Vec::new();
    for group in &Group::reserved() {
        objects.push(new_item(group)?);
    }
    for sensor in &Dlp::predefined(CfgType::Federal) {
        objects.push(new_item(sensor)?);
    }
    for sensor in &Waf::predefined(CfgType::Federal) {
        objects.push(new_item(sensor)?);
    }
    Ok(objects)
}

/// Gives a federation that an older version promoted what is predefined by now.
/// What is there stays as it is. Safe to be done by several replicas at once.
pub async fn mend(app: &App) -> Result<()> {
    let mut tx = app.database.begin().await?;
    let federation = store::federation::lock(&mut tx).await?;
    if federation.promoted_at.is_none() {
        return Ok(());
    }
    store::change::lock(&mut tx, LogId::Federation).await?;
    let mut missing = Vec::new();
    for object in predefined()? {
        if store::object::get(&mut tx, object.kind, &object.name).await?.is_none() {
            missing.push(object);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    store::change::commit(&mut tx, LogId::Federation, &Actor::system(), &missing).await?;
    audit(&mut tx, &Actor::system(), "mend").await?;
    tx.commit().await.map_err(StoreError::from)?;
    tracing::info!(objects = missing.len(), "the federation got what is predefined by now");
    Ok(())
}

fn new_item<T: FederatedObject>(object: &T) -> Result<NewItem> {
    let payload = serde_json::to_vec(object).map_err(|e| StoreError::inconsistent("object", e))?;
    Ok(NewItem::put(T::KIND, object.object_name(), payload))
}

/// Dissolves the federation: members are released, federated objects deleted.
/// The home cluster stays. Returns the members that were released.
pub async fn demote(app: &App, actor: &Actor) -> Result<Vec<ClusterId>> {
    let now = app.clock.now();
    let mut tx = app.database.begin().await?;
    let mut federation = store::federation::lock(&mut tx).await?;
    if federation.promoted_at.is_none() {
        return Err(FederationError::NotPrimary);
    }
    // Before the members, as those do who change their labels: else each waits for the
    // other, and for both the edits that come.
    store::change::lock(&mut tx, LogId::Federation).await?;
    federation.promoted_at = None;
    federation.deploy_repo_scan_data = false;
    store::federation::update(&mut tx, &federation).await?;
    store::token::revoke_all(&mut tx, now).await?;
    let released = store::member::remove_remotes(&mut tx, RemovedReason::Demoted, now).await?;
    for rollout in store::rollout::active(&mut tx).await? {
        store::rollout::abort(&mut tx, actor, &rollout, now).await?;
    }
    let mut deleted = Vec::new();
    for kind in ObjectKind::ALL.into_iter().filter(|k| k.log() == LogId::Federation) {
        let names = store::object::list_names(&mut tx, kind).await?;
        deleted.extend(names.into_iter().map(|name| NewItem::delete(kind, name)));
    }
    if !deleted.is_empty() {
        store::change::commit(&mut tx, LogId::Federation, actor, &deleted).await?;
    }
    for registry in store::registry::list(&mut tx).await? {
        registry::settings::withdraw(&mut tx, &registry.name).await?;
    }
    // Before their users, as logins by them come to both.
    release_directories(&mut tx).await?;
    let mut changed = Vec::new();
    for user in store::user::list(&mut tx).await? {
        let Some(role) = without_federation(&user.roles) else { continue };
        let roles = Roles::new(role.into(), user.roles.domains().clone())
            .map_err(|e| StoreError::inconsistent("user", e))?;
        let change = UserChange { roles: Some(&roles), ..UserChange::default() };
        store::user::update(&mut tx, &user.fullname, change).await?;
        store::session::delete_of_user(&mut tx, &user.fullname).await?;
        changed.push(user.fullname);
    }
    for key in store::api_key::list(&mut tx).await? {
        if let Some(role) = without_federation(&key.roles) {
            store::api_key::set_role(&mut tx, &key.name, role.as_str()).await?;
        }
    }
    audit(&mut tx, actor, "demote").await?;
    tell(&mut tx, actor, name::FEDERATION_DEMOTE, "The federation was dissolved.", now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    app.trust.removed.extend(&released);
    for fullname in changed {
        app.identity.forget_sessions(&fullname);
    }
    app.links.dismiss(&released, bye::Reason::Demoted);
    app.registries.reports.notify_waiters();
    tracing::info!(by = actor.name, members = released.len(), "dissolved the federation");
    Ok(released)
}

/// Gives groups of directories what is left of roles of the federation. What somebody
/// changed since it was read is read again: whoever changed first keeps the row until the
/// end of their transaction.
async fn release_directories(tx: &mut PgTransaction<'_>) -> Result<()> {
    loop {
        let mut overtaken = false;
        for mut row in store::auth_server::list::<DirectorySettings>(tx).await? {
            if release_groups(&mut row.settings.mapping)? {
                overtaken |= !store::auth_server::update(tx, &row).await?;
            }
        }
        if !overtaken {
            return Ok(());
        }
    }
}

/// The same of one mapping; whether there was anything to change.
fn release_groups(mapping: &mut Mapping) -> Result<bool, StoreError> {
    let mut changed = false;
    for group in &mut mapping.group_mapped_roles {
        let Some(role) = without_federation(&group.roles) else { continue };
        group.roles = Roles::new(role.into(), group.roles.domains().clone())
            .map_err(|e| StoreError::inconsistent("auth_server", e))?;
        changed = true;
    }
    Ok(changed)
}

/// What is left of a role of the federation once there is none.
fn without_federation(roles: &Roles) -> Option<Role> {
    if roles.scope().is_some() {
        // What it reached is gone, and this cluster it did not reach.
        return Some(Role::None);
    }
    match roles.global().reserved() {
        Some(Role::FedAdmin) => Some(Role::Admin),
        Some(Role::FedReader) => Some(Role::Reader),
        _ => None,
    }
}

/// Changes the federation's configuration. What is absent stays; sending the
/// present value is accepted even where it is locked.
pub async fn configure(app: &App, actor: &Actor, config: &FedConfig) -> Result<Federation> {
    let mut tx = app.database.begin().await?;
    let mut federation = store::federation::lock(&mut tx).await?;
    let locked = store::member::count_remotes(&mut tx).await? > 0;
    if let Some(name) = config.name.as_deref().filter(|name| !name.is_empty())
        && name != primary_name(&app.config, &federation)
    {
        if locked {
            return Err(FederationError::Locked("the name"));
        }
        rename(app, &mut tx, &mut federation, name).await?;
    }
    let before = federation_address(&app.config, &federation);
    if let Some(info) = &config.rest_info {
        let info = valid(info)?;
        if federation.promoted_at.is_some() {
            federation.master = info;
        } else {
            federation.rest = info;
        }
    }
    let address = federation_address(&app.config, &federation);
    for (wanted, interval) in [
        (config.ping_interval, &mut federation.ping_interval),
        (config.poll_interval, &mut federation.poll_interval),
    ] {
        if let Some(minutes) = wanted.filter(|minutes| *minutes > 0) {
            *interval = i32::try_from(minutes).unwrap_or(i32::MAX);
        }
    }
    if let Some(wanted) = &config.use_proxy {
        federation.use_proxy = proxy(wanted)?;
    }
    if let Some(deploy) = config.deploy_repo_scan_data {
        federation.deploy_repo_scan_data = deploy;
    }
    store::federation::update(&mut tx, &federation).await?;
    audit(&mut tx, actor, "configure").await?;
    if address != before {
        // Each replica tells its members.
        store::member::notify(&mut tx, federation.cluster_id).await?;
    }
    tx.commit().await.map_err(StoreError::from)?;
    renew_listeners(app).await;
    Ok(federation)
}

/// The federation, if this cluster is the primary of one.
pub async fn require_primary(conn: &mut sqlx::PgConnection) -> Result<Federation> {
    let federation = store::federation::get(conn).await?;
    if federation.promoted_at.is_some() { Ok(federation) } else { Err(FederationError::NotPrimary) }
}

async fn rename(
    app: &App,
    tx: &mut PgTransaction<'_>,
    federation: &mut Federation,
    name: &str,
) -> Result<()> {
    let name: ClusterName = name.parse()?;
    if name.as_str() != primary_name(&app.config, federation)
        && store::member::list(tx).await?.iter().any(|member| member.name == name.as_str())
    {
        return Err(FederationError::NameTaken(name.to_string()));
    }
    federation.name = Some(name.into());
    Ok(())
}

fn valid(info: &RestInfo) -> Result<RestInfo> {
    if info.is_valid() {
        return Ok(info.clone());
    }
    Err(FederationError::InvalidValue(
        "an address needs a host name or IP address and a port from 1 to 65535".to_owned(),
    ))
}

fn proxy(wanted: &str) -> Result<String> {
    if matches!(wanted, "" | "https") {
        return Ok(wanted.to_owned());
    }
    Err(FederationError::InvalidValue("use_proxy must be empty or https".to_owned()))
}

/// The address may have changed, so the certificate should name it. Agents do
/// not depend on that: they verify the authority and a fixed name.
/// Issues the listeners' certificate for the names of now.
pub(super) async fn renew_listeners(app: &App) {
    let renewed = app.trust.renew_listeners(&app.config, &app.database, app.clock.now()).await;
    if let Err(error) = renewed {
        tracing::warn!(%error, "cannot renew the listeners' certificate now");
    }
}

async fn tell(
    tx: &mut PgTransaction<'_>,
    actor: &Actor,
    name: &'static str,
    message: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let word = Word {
        name,
        level: level::INFO,
        user: &actor.name,
        address: &actor.source,
        message,
        silence: TimeDelta::zero(),
    };
    let primary = store::federation::get(tx).await?.cluster_id;
    event::tell(tx, primary, now, word).await
}

async fn audit(tx: &mut PgTransaction<'_>, actor: &Actor, action: &str) -> Result<()> {
    let record = NewAudit { action, kind: "federation", name: "", before: None, after: None };
    Ok(store::audit::record(tx, actor, record).await?)
}
