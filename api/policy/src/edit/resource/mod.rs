//! Objects of one owner out of files of custom resources, one file a kind, and into them.

mod admission;
pub mod export;
mod group;
mod response;
pub mod rule_list;
mod sensor;
mod table;
pub mod task;
mod webhook;

use super::Edit;
use crate::crd::{self, YamlError};
use crate::process_profile::Stamp;
use crate::sensor::{Dlp, Inspection as _, Waf};

pub use admission::import as admission_rules;
pub use group::import as groups;
pub use response::import as response_rules;
pub use sensor::import as sensors;
pub use table::Table;
pub use webhook::import as webhooks;

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

/// How a file is imported.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// What it holds.
    pub file: File,
    /// Whether response rules that are not in the file are deleted.
    pub overwrite: bool,
    /// When, and whence new ids come.
    pub stamp: Stamp,
}

/// Makes what a file says true. What is so already stays untouched, so that the same file
/// again changes nothing.
pub async fn import<E>(edit: &mut E, text: &str, how: Import) -> Result<(), E::Error>
where
    E: Edit,
    E::Error: From<YamlError>,
{
    match how.file {
        File::Groups => groups(edit, crd::read(text, &crd::security_rule::KINDS)?, how.stamp).await,
        File::AdmissionRules => {
            admission_rules(edit, crd::read(text, &[crd::admission::KIND])?).await
        }
        File::ResponseRules => {
            response_rules(edit, crd::read(text, &[crd::response::KIND])?, how.overwrite).await
        }
        File::DlpSensors => sensors::<Dlp, E>(edit, crd::read(text, &[Dlp::RESOURCE])?).await,
        File::WafSensors => sensors::<Waf, E>(edit, crd::read(text, &[Waf::RESOURCE])?).await,
    }
}
