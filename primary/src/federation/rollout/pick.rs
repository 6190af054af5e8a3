//! Whom a stage reaches.

use std::collections::BTreeSet;

use palisade_api::rest::rollout::RolloutStage;
use palisade_api::{ClusterId, Digest};
use palisade_policy::PolicyError;
use palisade_policy::cluster::{ClusterLabels, ClusterSelector};

/// A member with its labels.
pub type Member = (ClusterId, ClusterLabels);

/// The members that a stage adds to those that are `reached`: of those that it
/// selects so many percent, rounded up, counting those that are reached. Which,
/// is the same whoever asks, and different for each rollout, `seed`.
pub fn next(
    stage: &RolloutStage,
    members: &[Member],
    reached: &BTreeSet<ClusterId>,
    seed: u64,
) -> Result<Vec<Member>, PolicyError> {
    let selector = stage.cluster_selector.clone().unwrap_or_default();
    let selector = ClusterSelector::try_from(selector)?;
    let selected = members.iter().filter(|(_, labels)| selector.matches(labels));
    let (had, mut rest): (Vec<_>, Vec<_>) =
        selected.partition(|(member, _)| reached.contains(member));
    let all = had.len() + rest.len();
    let wanted = (all * stage.percent.min(100) as usize).div_ceil(100);
    rest.sort_by_key(|(member, _)| place(seed, *member));
    rest.truncate(wanted.saturating_sub(had.len()));
    Ok(rest.into_iter().cloned().collect())
}

fn place(seed: u64, member: ClusterId) -> Digest {
    let mut bytes = seed.to_le_bytes().to_vec();
    bytes.extend(member.as_uuid().as_bytes());
    Digest::of(&bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn members(count: u128) -> Vec<Member> {
        let labels = |n: u128| {
            let env = if n.is_multiple_of(2) { "test" } else { "prod" };
            BTreeMap::from([("env".to_owned(), env.to_owned())]).try_into().unwrap()
        };
        (0..count).map(|n| (ClusterId::from_uuid(Uuid::from_u128(n)), labels(n))).collect()
    }

    fn stage(env: Option<&str>, percent: u32) -> RolloutStage {
        let selector = env.map(|env| palisade_api::rest::cluster_selector::ClusterSelector {
            match_labels: BTreeMap::from([("env".to_owned(), env.to_owned())]),
            match_expressions: Vec::new(),
        });
        RolloutStage { cluster_selector: selector, percent, wait_seconds: 0 }
    }

    #[test]
    fn percent_is_rounded_up_and_counts_those_that_are_reached() {
        let all = members(50);
        let first = next(&stage(Some("test"), 10), &all, &BTreeSet::new(), 1).unwrap();
        assert_eq!(first.len(), 3);
        assert!(first.iter().all(|(_, labels)| labels.get("env") == Some("test")));
        let reached = first.iter().map(|(member, _)| *member).collect();
        assert_eq!(next(&stage(None, 20), &all, &reached, 1).unwrap().len(), 7);
        assert!(next(&stage(Some("test"), 5), &all, &reached, 1).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn nobody_is_reached_twice_and_everybody_at_last(
            count in 0..40_u128, percents in proptest::collection::vec(1..100_u32, 1..5), seed: u64,
        ) {
            let all = members(count);
            let mut reached = BTreeSet::new();
            for percent in percents.into_iter().chain([100]) {
                for (member, _) in next(&stage(None, percent), &all, &reached, seed).unwrap() {
                    prop_assert!(reached.insert(member));
                }
                prop_assert!(reached.len() * 100 >= all.len() * percent as usize);
            }
            prop_assert_eq!(reached.len(), all.len());
        }
    }
}
