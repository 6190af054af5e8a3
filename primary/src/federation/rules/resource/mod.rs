//! Federated objects as files of custom resources.

pub mod apply;
pub mod export;
pub mod export_all;
pub mod plan;
mod prune;

use palisade_policy::edit::resource::{self, Import};

use super::{Edit, Result};
use crate::store::{Actor, Database};

/// Makes what a file says true, as one change or not at all.
pub async fn import(database: &Database, actor: &Actor, text: &str, how: Import) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    resource::import(&mut edit, text, how).await?;
    edit.commit(actor).await
}
