//! Webhooks out of files.

use super::Table;
use crate::crd::Resource;
use crate::crd::webhook::Spec;
use crate::edit::Edit;
use crate::webhook::Webhook;

/// Makes the webhooks as the resources describe them.
pub async fn import<E: Edit>(edit: &mut E, resources: Vec<Resource<Spec>>) -> Result<(), E::Error> {
    let mut webhooks: Table<Webhook> = Table::load(edit).await?;
    for webhook in resources.into_iter().flat_map(|resource| resource.spec.fed_config.webhooks) {
        let selector = webhook.cluster_selector.clone();
        let webhook = Webhook::create(webhook.into_rest(), edit.cfg_type())?;
        edit.target(&webhook, selector)?;
        webhooks.put(webhook);
    }
    webhooks.write(edit)
}
