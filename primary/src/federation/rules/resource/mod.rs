//! Federated objects as files of custom resources.

mod admission;
pub mod apply;
pub mod export;
pub mod export_all;
mod group;
pub mod plan;
mod prune;
mod response;
mod rule_list;
mod sensor;
mod webhook;

use palisade_policy::crd::{self, YamlError};
use palisade_policy::process_profile::Stamp;
use palisade_policy::sensor::{Dlp, Inspection, Waf};

use super::{Edit, Result};
use crate::store::{Actor, Database};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// Groups, the network rules that name them and what belongs to them.
    Groups,
    /// Admission rules.
    AdmissionRules,
    /// Response rules that are about no group.
    ResponseRules,
    /// Sensors for data that leaves.
    DlpSensors,
    /// Sensors for attacks over the web.
    WafSensors,
}

/// Makes what a file says true, as one change or not at all. What is so
/// already stays untouched, so that the same file again changes nothing. With
/// `overwrite`, response rules that are not in the file are deleted.
pub async fn import(
    database: &Database,
    actor: &Actor,
    file: File,
    text: &str,
    overwrite: bool,
    stamp: Stamp,
) -> Result<()> {
    match file {
        File::Groups => {
            let resources = crd::read(text, &crd::security_rule::KINDS)?;
            let mut edit = Edit::begin(database).await?;
            group::import(&mut edit, resources, stamp).await?;
            edit.commit(actor).await
        }
        File::AdmissionRules => {
            let resources = crd::read(text, &[crd::admission::KIND])?;
            let mut edit = Edit::begin(database).await?;
            admission::import(&mut edit, resources).await?;
            edit.commit(actor).await
        }
        File::ResponseRules => {
            let resources = crd::read(text, &[crd::response::KIND])?;
            let mut edit = Edit::begin(database).await?;
            response::import(&mut edit, resources, overwrite).await?;
            edit.commit(actor).await
        }
        File::DlpSensors => import_sensors::<Dlp>(database, actor, text).await,
        File::WafSensors => import_sensors::<Waf>(database, actor, text).await,
    }
}

async fn import_sensors<I: Inspection>(
    database: &Database,
    actor: &Actor,
    text: &str,
) -> Result<()> {
    let resources = crd::read(text, &[I::RESOURCE])?;
    let mut edit = Edit::begin(database).await?;
    sensor::import::<I>(&mut edit, resources).await?;
    edit.commit(actor).await
}

/// A file without a resource is a mistake.
fn require_some<T>(resources: &[T]) -> Result<()> {
    if resources.is_empty() {
        return Err(YamlError::Malformed("the file has no resource".to_owned()).into());
    }
    Ok(())
}
