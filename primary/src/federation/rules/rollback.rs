//! Making things again as they were at an earlier revision, as a new change.

use palisade_api::{ObjectKind, Revision};
use palisade_policy::FederatedObject;
use palisade_policy::admission::rule::AdmissionRule;
use palisade_policy::cluster::ClusterSelector;
use palisade_policy::edit::EditError;
use palisade_policy::file_monitor::FileMonitor;
use palisade_policy::group::Group;
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::process_profile::ProcessProfile;
use palisade_policy::response_rule::ResponseRule;
use palisade_policy::sensor::{Dlp, Sensor, SensorGroup, Waf};
use palisade_policy::webhook::Webhook;
use serde_json::Value;

use super::reference::Linked;
use super::resource::plan::{self, Planned};
use super::{Edit, Result, RuleError};
use crate::store::change::{NewItem, Target};
use crate::store::history::Former;
use crate::store::object::{Object, SELECTOR_KEY};
use crate::store::{Actor, Database, StoreError, history, object};

/// Makes every object again what it was at `revision`: one change, checked like
/// any other, or none at all. Registries are left as they are: what they are logged in
/// with has no revisions, and may fit none but the present settings. Returns what becomes
/// of which objects; a dry run does nothing else.
pub async fn roll_back(
    database: &Database,
    actor: &Actor,
    revision: Revision,
    dry_run: bool,
) -> Result<Vec<Planned>> {
    let mut edit = Edit::begin(database).await?;
    if revision > edit.head.revision {
        return Err(RuleError::NoRevision(revision));
    }
    let mut former = history::changed_since(&mut edit.tx, revision).await?;
    former.retain(|former| former.kind != ObjectKind::Registry);
    let named = former.iter().map(|former| (former.kind, former.name.as_str()));
    let present = object::of(&mut edit.tx, named).await?;
    for former in former {
        let now = present.iter().find(|o| (o.kind, &o.name) == (former.kind, &former.name));
        if let Some(item) = restored(former, now)? {
            edit.add(item);
        }
    }
    let items = edit.items();
    Linked::after(&mut edit.tx, &items).await?.check()?;
    let plan = plan::of(&mut edit).await?;
    if !dry_run {
        edit.commit(actor).await?;
    }
    Ok(plan)
}

/// What makes an object again what it was; nothing where it is that.
fn restored(former: Former, now: Option<&Object>) -> Result<Option<NewItem>> {
    let Former { kind, name, json } = former;
    let Some(json) = json else {
        let Some(now) = now else { return Ok(None) };
        if is_built_in(&now.payload)? {
            return Err(EditError::BuiltIn { kind, name }.into());
        }
        return Ok(Some(NewItem::delete(kind, name)));
    };
    let wrong = |error| StoreError::inconsistent("audit", error);
    let mut value: Value = serde_json::from_str(json.get()).map_err(wrong)?;
    let selector = value.as_object_mut().and_then(|object| object.remove(SELECTOR_KEY));
    let selector: ClusterSelector =
        selector.map(serde_json::from_value).transpose().map_err(wrong)?.unwrap_or_default();
    let payload = payload(kind, &value)?;
    let same = now.is_some_and(|now| now.payload == payload && now.selector == selector);
    let mut item = NewItem::put(kind, name, payload);
    item.target = Target::Set(selector);
    Ok((!same).then_some(item))
}

fn is_built_in(payload: &[u8]) -> Result<bool> {
    let value: Value = serde_json::from_slice(payload)
        .map_err(|error| StoreError::inconsistent("object", error))?;
    Ok(["reserved", "predefine"].iter().any(|flag| value[*flag] == true))
}

/// The payload of an object, read as what it is.
fn payload(kind: ObjectKind, value: &Value) -> Result<Vec<u8>> {
    match kind {
        ObjectKind::Group => canonical::<Group>(value),
        ObjectKind::NetworkRule => canonical::<NetworkRule>(value),
        ObjectKind::AdmissionRule => canonical::<AdmissionRule>(value),
        ObjectKind::ResponseRule => canonical::<ResponseRule>(value),
        ObjectKind::ProcessProfile => canonical::<ProcessProfile>(value),
        ObjectKind::FileMonitor => canonical::<FileMonitor>(value),
        ObjectKind::DlpSensor => canonical::<Sensor<Dlp>>(value),
        ObjectKind::DlpGroup => canonical::<SensorGroup<Dlp>>(value),
        ObjectKind::WafSensor => canonical::<Sensor<Waf>>(value),
        ObjectKind::WafGroup => canonical::<SensorGroup<Waf>>(value),
        ObjectKind::Webhook => canonical::<Webhook>(value),
        ObjectKind::Registry | ObjectKind::Verdict => {
            Err(StoreError::inconsistent("audit", "an object that is not rolled back").into())
        }
    }
}

fn canonical<T: FederatedObject>(value: &Value) -> Result<Vec<u8>> {
    let object: T = serde_json::from_value(value.clone())
        .map_err(|error| StoreError::inconsistent("audit", error))?;
    serde_json::to_vec(&object).map_err(RuleError::Encoding)
}
