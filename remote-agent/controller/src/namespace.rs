//! The namespaces of the containers that run, and what administrators say of them.

use std::collections::{BTreeMap, BTreeSet};

use palisade_api::rest::domain::Domain;
use serde::{Deserialize, Serialize};

use crate::Controller;
use crate::node::container::Container;
use crate::store::StoreError;

/// The setting that holds the tags.
pub(crate) const SETTING: &str = "namespace_tags";

/// Tags of one namespace at most.
const MOST_TAGS: usize = 32;
/// Bytes of one tag at most.
const MOST_TAG_BYTES: usize = 64;

/// What administrators say of namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NamespaceTags {
    /// Whether each is seen by its own tags.
    pub(crate) tag_per_domain: bool,
    /// The tags of each that has some.
    pub(crate) tags: BTreeMap<String, BTreeSet<String>>,
}

/// Reads tags; none where they cannot be some.
pub(crate) fn read_tags(given: Vec<String>) -> Option<BTreeSet<String>> {
    let fits = |tag: &String| {
        !tag.is_empty() && tag.len() <= MOST_TAG_BYTES && !tag.chars().any(char::is_control)
    };
    let tags: BTreeSet<String> = given.into_iter().collect();
    (tags.len() <= MOST_TAGS && tags.iter().all(fits)).then_some(tags)
}

/// The namespaces in which something runs, and those that have tags, by name.
pub(crate) fn list(containers: &[Container], tags: &NamespaceTags) -> Vec<Domain> {
    let mut found: BTreeMap<&str, (u32, BTreeSet<&str>)> = BTreeMap::new();
    for namespace in tags.tags.keys() {
        found.entry(namespace).or_default();
    }
    for one in containers.iter().filter(|one| !one.engine.namespace.is_empty()) {
        let (workloads, pods) = found.entry(&one.engine.namespace).or_default();
        *workloads += 1;
        pods.insert(&one.pod_uid);
    }
    let domain = |(name, (workloads, pods)): (&str, (u32, BTreeSet<&str>))| Domain {
        name: name.to_owned(),
        workloads,
        running_workloads: workloads,
        running_pods: u32::try_from(pods.len()).unwrap_or(u32::MAX),
        tags: tags.tags.get(name).into_iter().flatten().cloned().collect(),
        ..Domain::default()
    };
    found.into_iter().map(domain).collect()
}

impl Controller {
    /// What administrators say of namespaces.
    pub(crate) async fn namespace_tags(&self) -> Result<NamespaceTags, StoreError> {
        let Some(text) = self.store().setting(SETTING).await? else {
            return Ok(NamespaceTags::default());
        };
        serde_json::from_str(&text).map_err(|_| StoreError::Damaged("tags of namespaces"))
    }

    /// Changes that. Nobody else changes anything of the cluster's own meanwhile.
    pub(crate) async fn namespace_tags_change(
        &self,
        change: impl FnOnce(&mut NamespaceTags) + Send,
    ) -> Result<(), StoreError> {
        let _turn = self.in_force().own_turn.lock().await;
        let mut tags = self.namespace_tags().await?;
        change(&mut tags);
        let text =
            serde_json::to_string(&tags).map_err(|_| StoreError::Damaged("tags of namespaces"))?;
        self.store().setting_set(SETTING, &text).await
    }

    /// Takes back what was stored.
    pub(crate) async fn namespace_tags_restore(&self, text: &str) -> Result<(), StoreError> {
        serde_json::from_str::<NamespaceTags>(text)
            .map_err(|_| StoreError::Damaged("tags of namespaces"))?;
        self.store().setting_set(SETTING, text).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::engine::EngineRecord;

    fn container(namespace: &str, pod_uid: &str) -> Container {
        Container {
            id: String::new(),
            pid: 1,
            command: String::new(),
            pod_uid: pod_uid.to_owned(),
            run_as_root: false,
            started_ms: 0,
            engine: EngineRecord { namespace: namespace.to_owned(), ..EngineRecord::default() },
        }
    }

    #[test]
    fn a_namespace_is_there_where_something_runs_or_somebody_says_something() {
        let mut tags = NamespaceTags::default();
        for (namespace, tag) in [("shop", "PCI"), ("gone", "GDPR"), ("shop", "GDPR")] {
            tags.tags.entry(namespace.to_owned()).or_default().insert(tag.to_owned());
        }
        let containers = [
            container("shop", "1"),
            container("shop", "1"),
            container("shop", "2"),
            container("cellar", "3"),
            container("", ""),
        ];
        let listed: Vec<_> = list(&containers, &tags)
            .into_iter()
            .map(|one| (one.name, one.workloads, one.running_pods, one.tags.join(" ")))
            .collect();
        let expected = [("cellar", 1, 1, ""), ("gone", 0, 0, "GDPR"), ("shop", 3, 2, "GDPR PCI")];
        assert_eq!(
            listed,
            expected.map(|(name, workloads, pods, tags)| {
                (name.to_owned(), workloads, pods, tags.to_owned())
            })
        );
    }

    #[test]
    fn tags_are_words_and_not_without_end() {
        let read = |tags: &[&str]| read_tags(tags.iter().map(|tag| (*tag).to_owned()).collect());
        assert_eq!(read(&["PCI", "GDPR", "PCI"]).unwrap().len(), 2);
        assert!(read(&[]).unwrap().is_empty());
        assert_eq!(read(&[""]), None);
        assert_eq!(read(&["a\nb"]), None);
        assert_eq!(read(&[&"x".repeat(65)]), None);
        let many: Vec<String> = (0..33).map(|n| n.to_string()).collect();
        assert_eq!(read_tags(many), None);
    }
}
