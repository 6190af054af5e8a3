//! The rollout policy: whether changes go in stages, and which.

use palisade_api::kind::LogId;
use palisade_api::rest::rollout::RolloutPolicy;
use palisade_policy::PolicyError;
use palisade_policy::cluster::ClusterSelector;
use sqlx::PgConnection;

use super::super::rules::{Result, RuleError};
use crate::store::audit::NewAudit;
use crate::store::{self, Actor, Database, StoreError, change, setting};
use crate::version::{Expected, Version};

const SETTING: &str = "rollout_policy";
const MAX_STAGES: usize = 16;
/// A week.
const MAX_WAIT_SECONDS: u32 = 7 * 24 * 3_600;

/// The policy; one that is switched off where none was ever set.
pub async fn get(conn: &mut PgConnection) -> Result<RolloutPolicy> {
    Ok(setting::get(conn, SETTING).await?.unwrap_or_default())
}

/// Sets the policy where it is as expected; gives what is there then. Rollouts that are under way
/// keep theirs.
pub async fn set(
    database: &Database,
    actor: &Actor,
    policy: &RolloutPolicy,
    expected: &Expected,
) -> Result<Version> {
    check(policy)?;
    let mut tx = database.begin().await?;
    // Two at a time would both tell the same before; and changes begin by this policy.
    change::lock(&mut tx, LogId::Federation).await?;
    let before = get(&mut tx).await?;
    expected.check::<RuleError>(&before)?;
    setting::put(&mut tx, SETTING, policy).await?;
    let raw = |policy: &RolloutPolicy| {
        serde_json::value::to_raw_value(policy).map_err(|e| StoreError::inconsistent("setting", e))
    };
    let (before, after) = (raw(&before)?, raw(policy)?);
    let record = NewAudit {
        action: "update",
        kind: "rollout policy",
        name: "",
        before: Some(&before),
        after: Some(&after),
    };
    store::audit::record(&mut tx, actor, record).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Version::of(policy)?)
}

fn check(policy: &RolloutPolicy) -> Result<(), PolicyError> {
    let wrong =
        |reason: &str| PolicyError::InvalidField { field: "stages", reason: reason.to_owned() };
    if policy.enable && policy.stages.is_empty() {
        return Err(wrong("at least one is needed: the clusters that get a change first"));
    }
    if policy.stages.len() > MAX_STAGES {
        return Err(wrong("16 at most"));
    }
    for stage in &policy.stages {
        if !(1..=100).contains(&stage.percent) {
            return Err(wrong("percent is from 1 to 100"));
        }
        if stage.wait_seconds > MAX_WAIT_SECONDS {
            return Err(wrong("wait_seconds is a week at most"));
        }
        if let Some(selector) = stage.cluster_selector.clone() {
            ClusterSelector::try_from(selector)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use palisade_api::rest::rollout::RolloutStage;

    use super::*;

    #[test]
    fn a_policy_is_checked() {
        let stage =
            |percent, wait_seconds| RolloutStage { cluster_selector: None, percent, wait_seconds };
        let policy = |stages| RolloutPolicy { enable: true, stages, ..RolloutPolicy::default() };
        assert!(check(&policy(vec![stage(1, 0), stage(100, MAX_WAIT_SECONDS)])).is_ok());
        assert!(check(&RolloutPolicy::default()).is_ok());
        for stages in [
            vec![],
            vec![stage(0, 0)],
            vec![stage(101, 0)],
            vec![stage(1, MAX_WAIT_SECONDS + 1)],
            vec![stage(1, 0); MAX_STAGES + 1],
        ] {
            assert!(check(&policy(stages.clone())).is_err(), "{stages:?}");
        }
    }
}
