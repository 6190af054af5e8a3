//! Which clusters, and which namespaces in them, a role reaches.

use std::collections::BTreeSet;

use palisade_api::ClusterId;
use palisade_policy::cluster::{ClusterLabels, ClusterSelector};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::namespace::Namespace;

/// Clusters that are listed at most, and namespaces.
const MAX_LISTED: usize = 1_000;
const MAX_NAMESPACES: usize = 200;

/// What a role is limited to. One that reaches everything is written as none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct AccessScope {
    clusters: ScopeClusters,
    namespaces: BTreeSet<Namespace>,
}

/// The clusters of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeClusters {
    /// All: the namespaces are the limit.
    All,
    /// Those that have such labels, whichever these are at the time.
    Labelled(ClusterSelector),
    /// These and no others.
    Listed(BTreeSet<ClusterId>),
}

/// A scope as it is stored: the words are those of clients.
#[derive(Serialize, Deserialize)]
struct Form {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cluster_selector: Option<ClusterSelector>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    clusters: BTreeSet<ClusterId>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    domains: BTreeSet<Namespace>,
}

/// A scope that nobody can have.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum AccessScopeError {
    /// Two ways of saying which clusters.
    #[error("clusters are either listed or selected by their labels, not both")]
    Both,
    /// It limits nothing, where it must.
    #[error("the scope limits nothing")]
    Everything,
    /// Too much of it.
    #[error("a scope lists {MAX_LISTED} clusters and {MAX_NAMESPACES} namespaces at most")]
    TooLong,
}

impl AccessScope {
    /// Puts a scope together; none where it would limit nothing.
    pub fn new(
        selector: Option<ClusterSelector>,
        listed: BTreeSet<ClusterId>,
        namespaces: BTreeSet<Namespace>,
    ) -> Result<Option<Self>, AccessScopeError> {
        if listed.len() > MAX_LISTED || namespaces.len() > MAX_NAMESPACES {
            return Err(AccessScopeError::TooLong);
        }
        let selector = selector.filter(|selector| !selector.is_everything());
        let clusters = match (selector, listed.is_empty()) {
            (Some(_), false) => return Err(AccessScopeError::Both),
            (Some(selector), true) => ScopeClusters::Labelled(selector),
            (None, false) => ScopeClusters::Listed(listed),
            (None, true) => ScopeClusters::All,
        };
        let limits = clusters != ScopeClusters::All || !namespaces.is_empty();
        Ok(limits.then_some(Self { clusters, namespaces }))
    }

    /// Its clusters.
    pub const fn clusters(&self) -> &ScopeClusters {
        &self.clusters
    }

    /// Its namespaces; none named are all.
    pub const fn namespaces(&self) -> &BTreeSet<Namespace> {
        &self.namespaces
    }

    /// Whether all of a cluster that is within is within.
    pub fn has_whole_clusters(&self) -> bool {
        self.namespaces.is_empty()
    }

    /// Whether a cluster is within, by its id and by the labels that it has now.
    pub fn reaches(&self, cluster: ClusterId, labels: &ClusterLabels) -> bool {
        match &self.clusters {
            ScopeClusters::All => true,
            ScopeClusters::Labelled(selector) => selector.matches(labels),
            ScopeClusters::Listed(listed) => listed.contains(&cluster),
        }
    }

    /// Whether a namespace of a cluster that is within is within. What is in no
    /// namespace is in none of any pattern.
    pub fn has_namespace(&self, name: &str) -> bool {
        let named = !name.is_empty() && self.namespaces.iter().any(|own| own.fits(name));
        self.namespaces.is_empty() || named
    }

    /// Whether whatever is for the clusters that `selector` selects stays
    /// within, as far as that can be told, now and when labels change. Never
    /// true by mistake.
    pub fn holds(&self, selector: &ClusterSelector) -> bool {
        match &self.clusters {
            ScopeClusters::Labelled(own) => self.has_whole_clusters() && selector.is_within(own),
            ScopeClusters::All | ScopeClusters::Listed(_) => false,
        }
    }

    /// Whether all that is in `other` is in this, as far as that can be told.
    /// Never true by mistake.
    pub fn covers(&self, other: &Self) -> bool {
        let clusters = match (&self.clusters, &other.clusters) {
            (ScopeClusters::All, _) => true,
            (ScopeClusters::Labelled(own), ScopeClusters::Labelled(other)) => other.is_within(own),
            (ScopeClusters::Listed(own), ScopeClusters::Listed(other)) => other.is_subset(own),
            _ => false,
        };
        let within = |one: &Namespace| self.namespaces.iter().any(|own| own.covers(one));
        clusters
            && (self.namespaces.is_empty()
                || (!other.namespaces.is_empty() && other.namespaces.iter().all(within)))
    }
}

impl TryFrom<Form> for AccessScope {
    type Error = AccessScopeError;

    fn try_from(form: Form) -> Result<Self, AccessScopeError> {
        let scope = Self::new(form.cluster_selector, form.clusters, form.domains)?;
        scope.ok_or(AccessScopeError::Everything)
    }
}

impl From<AccessScope> for Form {
    fn from(scope: AccessScope) -> Self {
        let (cluster_selector, clusters) = match scope.clusters {
            ScopeClusters::All => (None, BTreeSet::new()),
            ScopeClusters::Labelled(selector) => (Some(selector), BTreeSet::new()),
            ScopeClusters::Listed(listed) => (None, listed),
        };
        Self { cluster_selector, clusters, domains: scope.namespaces }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, btree_set};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn scope(json: serde_json::Value) -> AccessScope {
        serde_json::from_value(json).unwrap()
    }

    fn id(n: u128) -> ClusterId {
        ClusterId::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn labels(pairs: &[(&str, &str)]) -> ClusterLabels {
        let map = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        map.collect::<std::collections::BTreeMap<_, _>>().try_into().unwrap()
    }

    #[test]
    fn clusters_are_within_by_label_or_by_id() {
        let (prod, bare) = (labels(&[("env", "prod")]), labels(&[]));
        let labelled = scope(json!({"cluster_selector": {"matchLabels": {"env": "prod"}}}));
        assert!(labelled.reaches(id(1), &prod) && !labelled.reaches(id(1), &bare));
        let listed = scope(json!({"clusters": [id(1)]}));
        assert!(listed.reaches(id(1), &bare) && !listed.reaches(id(2), &prod));
        let namespaces = scope(json!({"domains": ["shop-*"]}));
        assert!(namespaces.reaches(id(1), &bare));
        assert!(namespaces.has_namespace("shop-eu") && !namespaces.has_namespace("bank"));
        for domains in ["shop-*", "*"] {
            assert!(!scope(json!({ "domains": [domains] })).has_namespace(""), "{domains}");
        }
    }

    #[test]
    fn a_scope_limits_something_in_one_way() {
        for nothing in [json!({}), json!({"cluster_selector": {}})] {
            let form: Form = serde_json::from_value(nothing).unwrap();
            assert_eq!(AccessScope::try_from(form), Err(AccessScopeError::Everything));
        }
        let both = json!({"cluster_selector": {"matchLabels": {"a": "b"}}, "clusters": [id(1)]});
        assert!(serde_json::from_value::<AccessScope>(both).is_err());
    }

    #[test]
    fn only_labels_of_whole_clusters_prove_what_a_rule_is_for() {
        let selector = |json| serde_json::from_value::<ClusterSelector>(json).unwrap();
        let prod = selector(json!({"matchLabels": {"env": "prod"}}));
        let eu_prod = selector(json!({"matchLabels": {"env": "prod", "region": "eu"}}));
        let of_prod = scope(json!({"cluster_selector": prod}));
        assert!(of_prod.holds(&prod) && of_prod.holds(&eu_prod));
        assert!(!of_prod.holds(&ClusterSelector::everything()));
        assert!(!scope(json!({"cluster_selector": eu_prod})).holds(&prod));
        for other in [
            json!({"cluster_selector": prod, "domains": ["shop"]}),
            json!({"clusters": [id(1)]}),
            json!({"domains": ["shop"]}),
        ] {
            assert!(!scope(other.clone()).holds(&prod), "{other}");
        }
    }

    fn any_scope() -> impl Strategy<Value = AccessScope> {
        let selector = btree_map("[ab]", "[xy]", 0..3).prop_map(|labels| {
            serde_json::from_value::<ClusterSelector>(json!({ "matchLabels": labels })).unwrap()
        });
        let clusters = btree_set(0_u128..3, 0..3)
            .prop_map(|ids| ids.into_iter().map(id).collect::<BTreeSet<_>>());
        let namespaces = btree_set("[ab*]{1,2}", 0..3)
            .prop_map(|names| names.iter().map(|n| n.parse().unwrap()).collect::<BTreeSet<_>>());
        (selector, clusters, namespaces).prop_filter_map("limits nothing", |(s, c, n)| {
            let selector = Some(s).filter(|_| c.is_empty());
            AccessScope::new(selector, c, n).unwrap()
        })
    }

    proptest! {
        #[test]
        fn what_covers_another_has_all_of_it(
            wide in any_scope(), narrow in any_scope(), n in 0_u128..3,
            map in btree_map("[ab]", "[xy]", 0..3), namespace in "[ab]{1,3}",
        ) {
            prop_assert!(wide.covers(&wide));
            let labels: ClusterLabels = map.try_into().unwrap();
            if wide.covers(&narrow) && narrow.reaches(id(n), &labels) {
                prop_assert!(wide.reaches(id(n), &labels));
                prop_assert!(!narrow.has_namespace(&namespace) || wide.has_namespace(&namespace));
            }
        }

        #[test]
        fn what_holds_a_selector_reaches_all_that_it_selects(
            scope in any_scope(), map in btree_map("[ab]", "[xy]", 0..3),
            wanted in btree_map("[ab]", "[xy]", 0..3), n in 0_u128..3,
        ) {
            let selector: ClusterSelector =
                serde_json::from_value(json!({ "matchLabels": wanted })).unwrap();
            let labels: ClusterLabels = map.try_into().unwrap();
            if scope.holds(&selector) && selector.matches(&labels) {
                prop_assert!(scope.reaches(id(n), &labels));
            }
        }

        #[test]
        fn its_stored_form_leads_back_to_it(scope in any_scope()) {
            let text = serde_json::to_string(&scope).unwrap();
            prop_assert_eq!(serde_json::from_str::<AccessScope>(&text).unwrap(), scope);
        }
    }
}
