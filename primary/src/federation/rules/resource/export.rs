//! Federated objects into files.

use palisade_policy::CfgType;
use palisade_policy::crd;
use palisade_policy::edit::resource::export::{self, Objects};
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::response_rule::ResponseRule;
use palisade_policy::sensor::{Inspection, Sensor};
use palisade_policy::webhook::Webhook;

use super::super::target::targets;
use super::super::{Result, list};
use super::super::{admission as admission_rules, response as response_rules, webhook};
use crate::store::Database;

/// The groups of these names with the rules that name them and what belongs to
/// them.
pub async fn groups(database: &Database, names: &[String]) -> Result<String> {
    let mut conn = database.acquire().await?;
    let targets = targets(&mut conn).await?;
    let mut network: Vec<NetworkRule> = list(&mut conn).await?;
    network.sort_by_key(|rule| rule.position);
    let mut response: Vec<ResponseRule> = list(&mut conn).await?;
    response.sort_by_key(|rule| rule.position);
    let objects = Objects {
        groups: list(&mut conn).await?,
        network,
        response,
        processes: list(&mut conn).await?,
        files: list(&mut conn).await?,
        dlp: list(&mut conn).await?,
        waf: list(&mut conn).await?,
    };
    export::groups(&objects, names, &targets)
}

/// The admission rules of these ids.
pub async fn admission(database: &Database, ids: &[u32]) -> Result<String> {
    let rules = admission_rules::list(database).await?;
    let targets = targets(&mut *database.acquire().await?).await?;
    export::admission(CfgType::Federal, None, rules, ids, &targets)
}

/// The response rules of these ids that are about no group of ours.
pub async fn response(database: &Database, ids: &[u32]) -> Result<String> {
    let rules = response_rules::list(database).await?;
    let targets = targets(&mut *database.acquire().await?).await?;
    export::response(rules, ids, &targets)
}

/// The sensors of these names.
pub async fn sensors<I: Inspection>(database: &Database, names: &[String]) -> Result<String> {
    let mut conn = database.acquire().await?;
    let targets = targets(&mut conn).await?;
    let sensors: Vec<Sensor<I>> = list(&mut conn).await?;
    export::sensors(&sensors, names, &targets)
}

/// All webhooks.
pub async fn webhooks(database: &Database) -> Result<String> {
    let webhooks: Vec<Webhook> = webhook::list(database).await?;
    let targets = targets(&mut *database.acquire().await?).await?;
    Ok(crd::write(&crd::webhook::export(&webhooks, &targets))?)
}
