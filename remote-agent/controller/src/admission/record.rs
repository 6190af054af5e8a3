//! What is written down of a decision.

use palisade_api::rest::event::Audit;
use tracing::error;

use crate::Controller;

/// Writes `audit` to the disk before the answer goes out. A record that cannot
/// be stored does not change the decision: a denial stands, and what failed is
/// logged with the record.
pub(super) async fn store(controller: &Controller, audit: &Audit) {
    if let Err(error) = controller.record_audit(audit).await {
        metrics::counter!("palisade_agent_audits_lost_total").increment(1);
        error!(%error, name = audit.name, message = audit.message, "an audit record is lost");
    }
}
