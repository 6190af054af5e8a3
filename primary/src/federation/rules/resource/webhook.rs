//! Webhooks out of files.

use palisade_policy::CfgType;
use palisade_policy::crd::Resource;
use palisade_policy::crd::webhook::Spec;
use palisade_policy::edit::Edit as _;
use palisade_policy::webhook::Webhook;

use super::super::table::Table;
use super::super::{Edit, Result};

pub(super) async fn import(edit: &mut Edit, resources: Vec<Resource<Spec>>) -> Result<()> {
    let mut webhooks: Table<Webhook> = Table::load(edit).await?;
    for webhook in resources.into_iter().flat_map(|resource| resource.spec.fed_config.webhooks) {
        let selector = webhook.cluster_selector.clone();
        let webhook = Webhook::create(webhook.into_rest(), CfgType::Federal)?;
        edit.target(&webhook, selector)?;
        webhooks.put(webhook);
    }
    webhooks.write(edit)
}
