//! Declarative changes: a set of resources is made true, as one revision or
//! not at all.

use palisade_api::ObjectKind;
use palisade_policy::crd::set::ResourceSet;
use palisade_policy::crd::{Resource, registry};
use palisade_policy::edit::resource::{self, rule_list};
use palisade_policy::process_profile::Stamp;
use palisade_policy::sensor::{Dlp, Waf};

use super::super::{Edit, Result};
use super::plan::{self, Planned};
use super::prune;
use crate::registry::{Registries, RegistryFailure};
use crate::store::{self, Actor};

/// How a set is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Deletes what the set does not name.
    pub prune: bool,
    /// Says what would be done, and does nothing.
    pub dry_run: bool,
}

/// What came of a text.
#[derive(Debug)]
pub struct Applied {
    /// What changed, or would.
    pub plan: Vec<Planned>,
    /// What of local objects the federation has no place for, and what files cannot hold.
    pub left_out: Vec<String>,
}

/// Makes true what a text says, and says what that changed. What is so
/// already stays untouched: the same text again changes nothing. Local objects
/// become federated.
pub async fn apply(
    registries: &Registries,
    actor: &Actor,
    text: &str,
    options: ApplyOptions,
    stamp: Stamp,
) -> Result<Applied> {
    let mut set = ResourceSet::read(text)?;
    let mut left_out = set.federate()?;
    let mut edit = Edit::begin(&registries.database).await?;
    edit.declarative = true;
    // What others refer to comes first.
    if !set.dlp.is_empty() {
        resource::sensors::<Dlp, _>(&mut edit, set.dlp).await?;
    }
    if !set.waf.is_empty() {
        resource::sensors::<Waf, _>(&mut edit, set.waf).await?;
    }
    resource::webhooks(&mut edit, set.webhooks).await?;
    if !set.groups.is_empty() {
        resource::groups(&mut edit, set.groups, stamp).await?;
    }
    rule_list::network(&mut edit, set.network, stamp.now).await?;
    if !set.admission.is_empty() {
        resource::admission_rules(&mut edit, set.admission).await?;
    }
    rule_list::admission(&mut edit, set.admission_rules).await?;
    if !set.response.is_empty() {
        resource::response_rules(&mut edit, set.response, false).await?;
    }
    rule_list::response(&mut edit, set.response_rules).await?;
    left_out.extend(declare(registries, &mut edit, set.registries).await?);
    if options.prune {
        prune::prune(&mut edit).await?;
    }
    prune::check(&mut edit).await?;
    edit.settle_targets().await?;
    edit.keep_within(actor.scope.as_ref()).await?;
    let plan = plan::of(&mut edit).await?;
    if !options.dry_run {
        edit.commit(actor).await?;
        registries.jobs.notify_waiters();
        registries.reports.notify_waiters();
    }
    Ok(Applied { plan, left_out })
}

/// Makes registries what a set says, and says which have no secrets yet.
async fn declare(
    registries: &Registries,
    edit: &mut Edit,
    set: Vec<Resource<registry::Spec>>,
) -> Result<Vec<String>> {
    let mut without_secrets = Vec::new();
    for Resource { spec, .. } in set {
        let (name, has_secrets) = (spec.name.clone(), spec.has_secrets());
        if edit.items.contains_key(&(ObjectKind::Registry, name.clone())) {
            return Err(Box::new(RegistryFailure::Duplicate(name)).into());
        }
        let is_new = store::registry::get(&mut edit.tx, &name).await?.is_none();
        let declared = registries.declare(&mut edit.tx, spec.into_config()).await;
        if let Some(item) = declared.map_err(Box::new)? {
            edit.add(item);
        }
        if is_new && has_secrets {
            without_secrets.push(format!(
                "{name}: what it is logged in with; give it by PATCH /v1/scan/registry/{name}"
            ));
        }
    }
    Ok(without_secrets)
}
